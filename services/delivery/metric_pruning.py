"""Removing old counts, a minute or an hour of them in each transaction, so that none is long."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from sqlalchemy import delete, func, select
from sqlmodel import col

from services.delivery.clock import Clock
from services.delivery.metric_tables import HOUR_S, MINUTE_S, EventCounter, LatencyCounter
from shared.database import Database
from shared.errors import PenstockError

_log = structlog.get_logger()

_EVERY_S = 60.0
# A little longer than can be asked for, so that what is asked for is whole.
_KEPT_S = {MINUTE_S: 49 * HOUR_S, HOUR_S: 16 * 24 * HOUR_S}


class MetricPruning:
    """Removes counts that nobody can ask for any more."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Prune until cancelled."""
        while True:
            try:
                await self.prune()
            except PenstockError as error:
                _log.warning("metrics.not_pruned", reason=error.reason)
            await self._clock.wait(asyncio.Event(), _EVERY_S)

    async def prune(self) -> None:
        """Remove all that is too old now."""
        for span_s, kept_s in _KEPT_S.items():
            for table in (EventCounter, LatencyCounter):
                while await self._prune_oldest(table, span_s, self._clock.time() - kept_s):
                    pass

    async def _prune_oldest(self, table: type[EventCounter | LatencyCounter], span_s: int, before_s: float) -> bool:
        """Remove the oldest minute or hour if it began before then, and tell whether it did."""
        oldest: Any = select(func.min(col(table.start_s))).where(col(table.span_s) == span_s)
        async with self._database.read() as session:
            start_s = (await session.scalars(oldest)).one()
        if start_s is None or start_s >= before_s:
            return False
        async with self._database.write() as session:
            await session.execute(delete(table).where(col(table.span_s) == span_s, col(table.start_s) == start_s))
        return True
