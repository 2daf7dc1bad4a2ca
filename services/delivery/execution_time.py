"""The execution time of functions in SQL: what the projector has summed up, and the notices given of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from services.delivery.tables import Usage, UsageNotice
from shared.database import Database

_LOOK_UP = 500


class ExecutionTime:
    """Sums and notices of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, workspace_id: str, month: str) -> Sequence[Usage]:
        """Give what each instance of a workspace used in a month, the most first."""
        query: Any = select(Usage).where(col(Usage.workspace_id) == workspace_id, col(Usage.month) == month)
        query = query.order_by(col(Usage.wall_us).desc(), col(Usage.function_id), col(Usage.instance_id))
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def sums_us(self, month: str, workspace_ids: Collection[str]) -> Mapping[str, int]:
        """Sum up what workspaces used in a month; those without use are left out."""
        listed, sums = sorted(workspace_ids), dict[str, int]()
        if not listed:
            return sums
        async with self._database.read() as session:
            for start in range(0, len(listed), _LOOK_UP):
                some = listed[start : start + _LOOK_UP]
                query: Any = select(cast("Any", Usage.workspace_id), func.sum(col(Usage.wall_us)))
                query = query.where(col(Usage.month) == month, col(Usage.workspace_id).in_(some))
                found: Sequence[Any] = (await session.execute(query.group_by(Usage.workspace_id))).all()
                # PostgreSQL sums up to decimals.
                sums |= {workspace_id: int(wall_us) for workspace_id, wall_us in found}
        return sums

    async def notices(self, workspace_id: str, month: str) -> Sequence[UsageNotice]:
        """Give the notices of a month, in the order of their percents."""
        query: Any = select(UsageNotice).where(
            col(UsageNotice.workspace_id) == workspace_id, col(UsageNotice.month) == month
        )
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(UsageNotice.percent))).all()

    async def add_notice(self, notice: UsageNotice) -> bool:
        """Store a notice, and tell whether it is the first of its percent, month and workspace."""
        insert: Any = (sqlite if self._database.is_sqlite else postgresql).insert(UsageNotice)
        async with self._database.write() as session:
            result: Any = await session.execute(insert.values(**notice.model_dump()).on_conflict_do_nothing())
            return result.rowcount == 1

    async def unforwarded(self, limit: int) -> Sequence[UsageNotice]:
        """Give notices whose events the log may not have."""
        query: Any = select(UsageNotice).where(col(UsageNotice.forwarded).is_(False))
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(UsageNotice.noticed_us).limit(limit))).all()

    async def mark_forwarded(self, notices: Collection[UsageNotice]) -> None:
        """Take note that the log has the events of notices."""
        ids = [each.notice_id for each in notices]
        async with self._database.write() as session:
            change: Any = update(UsageNotice).where(col(UsageNotice.notice_id).in_(ids))
            await session.execute(change.values(forwarded=True))
