"""Brings a service's tables to the newest version when it starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.database import Database
from shared.database.engines import postgresql_engine, sqlite_engine

_ENVIRONMENT = Path(__file__).parent / "alembic"


async def migrate(database: Database, *, versions: Path) -> None:
    """Run the migrations in the folder `versions` that the database has not seen, all or none.

    Replicas that start at once wait for each other. Raises Alembic's `CommandError` when the database was made by a
    newer release, and `RuntimeError` when a migration leaves foreign keys that point nowhere.
    """
    if database.is_sqlite:
        await _migrate_sqlite(database, versions)
    else:
        await _migrate_postgresql(database, versions)


async def _migrate_sqlite(database: Database, versions: Path) -> None:
    # Alembic changes a table of SQLite by making a new one and dropping the old, which would delete what refers to it.
    engine = sqlite_engine(database.url, begin="BEGIN IMMEDIATE", pool_size=1, foreign_keys=False)
    try:
        async with engine.begin() as connection:
            await _upgrade(connection, database.schema, versions)
            if (await connection.execute(text("PRAGMA foreign_key_check"))).first():
                raise RuntimeError(f"a migration of {database.schema} breaks foreign keys")
    finally:
        await engine.dispose()


async def _migrate_postgresql(database: Database, versions: Path) -> None:
    engine = postgresql_engine(database.url, schema=database.schema, pool_size=1)
    try:
        async with engine.begin() as connection:
            # One lock for all services: they share the database, and creating two schemas at once can collide too.
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('penstock:migrate', 0))"))
            await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"'))
            await _upgrade(connection, database.schema, versions)
    finally:
        await engine.dispose()


async def _upgrade(connection: AsyncConnection, schema: str, versions: Path) -> None:
    config = Config()
    config.set_main_option("script_location", _escaped(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _escaped(versions))

    def upgrade(sync_connection: Connection) -> None:
        config.attributes["connection"] = sync_connection
        config.attributes["version_table"] = f"{schema}_version"
        command.upgrade(config, "head")

    await connection.run_sync(upgrade)


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
