"""Purging: failures are removed with their evidence, for good."""

from __future__ import annotations

from sqlalchemy import delete, func
from sqlmodel import col, select

from services.delivery.selection import Filter, conditions
from services.delivery.tables import Delivery, Evidence
from shared.database import Database

# At a time, so that the projector gets its turn.
_STEP = 500


async def purge(database: Database, workspace_id: str, wanted: Filter, *, only_count: bool = False) -> int:
    """Remove what matches now, and tell how much it was; the counters keep it. Raises Unavailable."""
    async with database.read() as session:
        query = select(func.count(), func.max(Delivery.ordinal)).where(*conditions(workspace_id, wanted))
        count, last_ordinal = (await session.execute(query)).one()
    if only_count or not count:
        return count
    purged = 0
    while removed := await _purge_some(database, workspace_id, wanted, last_ordinal):
        purged += removed
    return purged


async def _purge_some(database: Database, workspace_id: str, wanted: Filter, last_ordinal: int) -> int:
    matching = select(Delivery.delivery_id).where(
        *conditions(workspace_id, wanted), col(Delivery.ordinal) <= last_ordinal
    )
    async with database.write() as session:
        ids = (await session.scalars(matching.order_by(col(Delivery.ordinal)).limit(_STEP).with_for_update())).all()
        for table in (Evidence, Delivery):
            await session.execute(delete(table).where(col(table.delivery_id).in_(ids)))
        return len(ids)
