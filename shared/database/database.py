"""The one way to a service's tables: reading and writing transactions, and sections for one replica at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database.engines import postgresql_engine, sqlite_engine
from shared.database.errors import unavailable
from shared.database.urls import is_sqlite, parse_url

# To a server that hangs, or is on the other side of a broken network.
_CONNECT_S = 5.0
_CLOSE_S = 3.0
# A snapshot keeps SQLite from reusing its WAL, and PostgreSQL from removing dead rows.
_LONGEST_READ_S = 30.0
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Database:
    """A service's tables, in a SQLite file or in a schema of a PostgreSQL database.

    `schema` is the service's name; on SQLite every service needs a file of its own. Makes connections when they are
    first needed, at most `pool_size` for each of reading and writing. Commits wait for the disk if `synced`; otherwise
    the latest of them, never one in between, can be lost with power (on PostgreSQL: when its server dies).
    """

    def __init__(self, *, url: str, schema: str, pool_size: int = 10, synced: bool = True) -> None:
        self.url: URL = parse_url(url)
        self.schema = schema
        self._sections: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Waiting for SQLite's lock cannot be cancelled; it has a limit of its own.
        self._connect_s = None if self.is_sqlite else _CONNECT_S
        if self.is_sqlite:
            self._reader = sqlite_engine(self.url, begin="BEGIN", pool_size=pool_size)
            # One connection, whose pool is a fair queue: SQLite's own waiting is polling.
            self._writer = sqlite_engine(self.url, begin="BEGIN IMMEDIATE", pool_size=1, synced=synced)
        else:
            self._writer = postgresql_engine(self.url, schema=schema, pool_size=pool_size, synced=synced)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file, and so of one process."""
        return is_sqlite(self.url)

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that sees one snapshot, for 30 s at most.

        Raises `Unavailable` when the database cannot be reached.
        """
        return _limited(_transaction(self._reader, connect_s=self._connect_s))

    def write(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that commits at the end of the block, and rolls back when the block raises.

        Writers of SQLite wait for each other. On PostgreSQL they run side by side: lock the row that they compete
        for first. Raises `Unavailable` when the database cannot be reached or written to, or when others have held
        it for 7 s.
        """
        return _transaction(self._writer, connect_s=self._connect_s)

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncGenerator[None]:
        """Wait until nobody else, in no replica, is in the section `name`, and keep others out of it.

        On PostgreSQL this holds a connection, and ends early if that breaks: keep sections short.
        """
        if self.is_sqlite:
            async with self._sections[name]:
                yield
        else:
            async with self.write() as session:
                await session.execute(_LOCK, {"name": f"{self.schema}:{name}"})
                yield

    async def close(self) -> None:
        """Close all connections; those to a server that hangs are left to it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._writer.dispose()
                await self._reader.dispose()


@asynccontextmanager
async def _limited(transaction: AbstractAsyncContextManager[AsyncSession]) -> AsyncGenerator[AsyncSession]:
    limit = asyncio.timeout(_LONGEST_READ_S)
    try:
        async with limit, transaction as session:
            yield session
    except TimeoutError as error:
        if limit.expired():
            raise unavailable(error) from error
        raise


@asynccontextmanager
async def _transaction(engine: AsyncEngine, *, connect_s: float | None) -> AsyncGenerator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await _connect(session, connect_s)
        yield session


async def _connect(session: AsyncSession, limit_s: float | None) -> None:
    """Connect now, so that what the network raises can be told from what the transaction's body does."""
    try:
        async with asyncio.timeout(limit_s):
            await session.connection()
    except DBAPIError as error:
        raise unavailable(error.orig) from error
    except (OSError, PoolTimeoutError) as error:
        raise unavailable() from error
