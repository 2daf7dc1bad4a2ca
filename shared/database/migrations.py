"""Brings a service's tables to the newest version when it starts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.database.database import Database
from shared.database.engines import postgresql_engine, prepare_file, sqlite_engine
from shared.database.errors import unavailability
from shared.errors import Unavailable


async def migrate(database: Database, *, versions: Path) -> None:
    """Run the migrations in the folder `versions` that the database has not seen, all or none.

    Replicas that start at once wait for each other. Raises `FailedPrecondition` when the database was made by a newer
    release, `Unavailable` when it cannot be reached or written to, with what it says, and `RuntimeError` when a
    migration leaves foreign keys that point nowhere.
    """
    try:
        if database.is_sqlite:
            await _migrate_sqlite(database, versions)
        else:
            await _migrate_postgresql(database, versions)
    except (DBAPIError, OSError, PoolTimeoutError, sqlite3.Error, Unavailable) as error:
        told = _told(error, database.url)
        if told is None:
            raise
        raise told from error


async def _migrate_sqlite(database: Database, versions: Path) -> None:
    await asyncio.to_thread(prepare_file, database.url)
    # Alembic changes a table of SQLite by making a new one and dropping the old, which would delete what refers to it.
    engine = sqlite_engine(database.url, begin="BEGIN IMMEDIATE", pool_size=1, foreign_keys=False)
    async with _begun(engine) as connection:
        await _upgrade(connection, database.schema, versions)
        if (await connection.execute(text("PRAGMA foreign_key_check"))).first():
            raise RuntimeError(f"a migration of {database.schema} breaks foreign keys")


async def _migrate_postgresql(database: Database, versions: Path) -> None:
    engine = postgresql_engine(database.url, schema=database.schema, pool_size=1, patient=True)
    async with _begun(engine) as connection:
        # One lock for all services: they share the database, and creating two schemas at once can collide too.
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('penstock:migrate', 0))"))
        # Who has been given a schema need not have the right to make one.
        if not await connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": f'"{database.schema}"'}):
            await connection.execute(text(f'CREATE SCHEMA "{database.schema}"'))
        await _upgrade(connection, database.schema, versions)


@asynccontextmanager
async def _begun(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _upgrade(connection: AsyncConnection, schema: str, versions: Path) -> None:
    table = f"{schema}_version"
    if await connection.run_sync(_version, table) == _newest(versions):
        return
    # Alembic takes a fifth of a service's start to load, and most starts find nothing to do.
    from shared.database.alembic.upgrade import upgrade  # noqa: PLC0415

    await connection.run_sync(upgrade, table, versions)


def _version(connection: Connection, table: str) -> str | None:
    if not inspect(connection).has_table(table):
        return None
    return connection.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608 a name of ours


def _newest(versions: Path) -> str:
    """Give the version of the last migration, `v0003_audit_and_limits.py`."""
    return max(file.stem for file in versions.glob("v*.py")).removeprefix("v").partition("_")[0]


def _told(error: Exception, url: URL) -> Unavailable | None:
    """Say what is wrong to who starts the service, the driver's words and the place included."""
    driver = error.orig if isinstance(error, DBAPIError) and error.orig else error.__cause__ or error
    found = error if isinstance(error, Unavailable) else unavailability(driver)
    if found is None:
        return None
    place = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    said = str(driver).strip().partition("\n")[0] or type(driver).__name__
    return Unavailable(f"{found.message} {place}: {said}", reason=found.reason, retry_delay_s=found.retry_delay_s)
