"""The one way to a service's tables: reading and writing transactions, and sections for one replica at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database.engines import postgresql_engine, prepare_file, sqlite_engine
from shared.database.urls import is_sqlite, parse_url
from shared.errors import Unavailable

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Database:
    """A service's tables, in a SQLite file or in a schema of a PostgreSQL database.

    `schema` is the service's name; on SQLite every service needs a file of its own. Makes connections when they are
    first needed, at most `pool_size` for each of reading and writing.
    """

    def __init__(self, *, url: str, schema: str, pool_size: int = 10) -> None:
        self.url: URL = parse_url(url)
        self.schema = schema
        self._sections: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        if is_sqlite(self.url):
            prepare_file(self.url)
            self._reader = sqlite_engine(self.url, begin="BEGIN", pool_size=pool_size)
            # One connection, whose pool is a fair queue: SQLite's own waiting is polling.
            self._writer = sqlite_engine(self.url, begin="BEGIN IMMEDIATE", pool_size=1)
        else:
            self._writer = postgresql_engine(self.url, schema=schema, pool_size=pool_size)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file, and so of one process."""
        return is_sqlite(self.url)

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that sees one snapshot. Raises `Unavailable` when the database cannot be reached."""
        return _transaction(self._reader)

    def write(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that commits at the end of the block, and rolls back when the block raises.

        Writers of SQLite wait for each other. On PostgreSQL they run side by side: lock the row that they compete
        for first. Raises `Unavailable` when the database cannot be reached.
        """
        return _transaction(self._writer)

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
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncGenerator[AsyncSession]:
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await _connect(session)
            yield session
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise _unavailable() from error


async def _connect(session: AsyncSession) -> None:
    """Connect now, so that what the network raises can be told from what the transaction's body does."""
    try:
        await session.connection()
    except OSError as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable("The database cannot be reached.", reason="DATABASE_UNAVAILABLE", retry_delay_s=1.0)
