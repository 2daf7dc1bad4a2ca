"""Connections: which sources' messages go to which destinations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.registry.store.tables import ConnectionRow, DestinationRow


async def sources_of(session: AsyncSession, destination_ids: Collection[str]) -> Mapping[str, list[str]]:
    """Give the ids of the sources that are connected to destinations, by destination."""
    query = select(ConnectionRow).where(col(ConnectionRow.destination_id).in_(destination_ids))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in await session.scalars(query):
        found[row.destination_id].append(row.source_id)
    return found


async def connect(session: AsyncSession, *, workspace_id: str, source_id: str, destination_id: str) -> bool:
    """Connect; tell whether that is new."""
    if await session.get(ConnectionRow, (source_id, destination_id)):
        return False
    session.add(ConnectionRow(source_id=source_id, destination_id=destination_id, workspace_id=workspace_id))
    await session.flush()
    return True


async def disconnect(session: AsyncSession, *, source_id: str, destination_id: str) -> bool:
    """Take a connection apart; tell whether there was one."""
    row = await session.get(ConnectionRow, (source_id, destination_id))
    if row is None:
        return False
    await session.delete(row)
    await session.flush()
    return True


async def touch_destinations_of(session: AsyncSession, source_id: str) -> None:
    """Mark the destinations of a source, which is about to go, as changed: they list their sources."""
    connected = select(ConnectionRow.destination_id).where(ConnectionRow.source_id == source_id)
    changed = update(DestinationRow).where(col(DestinationRow.id).in_(connected)).values(updated_at=datetime.now(UTC))
    await session.execute(changed)
