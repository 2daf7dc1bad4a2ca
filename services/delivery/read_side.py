"""The read side: what reads and writes SQL, beside the lanes, which neither wait for it nor end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog
from sqlalchemy import text

from services.delivery.projector import Projector
from shared.database import Database, migrate
from shared.errors import PenstockError
from shared.rpc.server import RpcServer

MIGRATIONS = Path(__file__).parent / "migrations"
_RETRY_S = 1.0
_LONGEST_RETRY_S = 15.0
_LOOK_S = 2.0

_log = structlog.get_logger()


class ReadSide:
    """Migrates the database when it is there, then projects into it.

    Without it the methods of `names`, which read there, answer UNAVAILABLE, and `server` tells that they do not serve.
    """

    def __init__(
        self,
        *,
        database: Database,
        projector: Projector,
        beside: Sequence[Callable[[], Awaitable[None]]],
        server: RpcServer,
        names: list[str],
    ) -> None:
        """`beside` is what else works in the database without end."""
        self._database = database
        self._projector = projector
        self._beside = beside
        self._server = server
        self._names = names

    async def run(self) -> None:
        """Work until cancelled."""
        await self._tell(serving=False)
        await self._migrate()
        async with asyncio.TaskGroup() as tasks:
            for work in (self._projector.run, *self._beside):
                tasks.create_task(_lasting(work))
            tasks.create_task(self._watch())

    async def _watch(self) -> None:
        """Tell whether the database is there: the projector asks it only when there is something to fold."""
        while True:
            await self._tell(serving=await self._is_there())
            await asyncio.sleep(_LOOK_S)

    async def _is_there(self) -> bool:
        try:
            async with self._database.read() as session:
                await session.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001 whatever is wrong, the reading methods cannot answer
            return False
        return True

    async def _migrate(self) -> None:
        delay_s = _RETRY_S
        while True:
            try:
                return await migrate(self._database, versions=MIGRATIONS)
            except PenstockError as error:
                _log.warning("database.not_ready", error=error.message, reason=error.reason)
            except Exception:  # noqa: BLE001 as above
                _log.exception("database.not_migrated")
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, _LONGEST_RETRY_S)

    async def _tell(self, *, serving: bool) -> None:
        for name in self._names:
            await self._server.tell(name, serving=serving)


async def _lasting(work: Callable[[], Awaitable[None]]) -> None:
    """Work without end, whatever goes wrong: events must flow all the same."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 a defect, or a database that is damaged
            _log.exception("read_side.failed")
            await asyncio.sleep(_LONGEST_RETRY_S)
