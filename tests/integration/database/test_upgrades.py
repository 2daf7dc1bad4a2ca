"""Databases that earlier releases made are brought to this one with all that is in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table
from sqlalchemy.engine import Connection

from services.delivery import metric_tables, tables
from services.delivery.read_side import MIGRATIONS
from shared.database import Database, migrate
from tests.databases import Postgres
from tests.integration.database.services import ALL, Service

RECORDED = [
    (service, version)
    for service in ALL
    for version in service.versions()
    if service.record(version, "sqlite").exists()
]


def restore(service: Service, version: str, url: str, request: pytest.FixtureRequest) -> None:
    """Make the database that a version left."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(service.record(version, "sqlite").read_text())
        return
    server: Postgres = request.getfixturevalue("postgres")
    server.restore(url, service.record(version, "postgresql").read_text())


async def schema_of(database: Database) -> MetaData:
    def reflect(connection: Connection) -> MetaData:
        found = MetaData()
        found.reflect(connection)
        return found

    async with database.read() as session:
        return await (await session.connection()).run_sync(reflect)


async def differences(database: Database, expected: MetaData, *, defaults: bool = True) -> list[Any]:
    def compare(connection: Connection) -> list[Any]:
        options = {
            "version_table": f"{database.schema}_version",
            "compare_type": True,
            "compare_server_default": defaults,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), expected)

    async with database.write() as session:
        return await (await session.connection()).run_sync(compare)


@pytest.mark.parametrize(("service", "version"), RECORDED, ids=lambda value: getattr(value, "name", value))
async def test_a_recorded_database_is_upgraded(
    service: Service, version: str, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    fresh_url = f"sqlite:///{folder / 'fresh.db'}"
    if not database_url.startswith("sqlite"):
        fresh_url = request.getfixturevalue("postgres").create_database()
    fresh = Database(url=fresh_url, schema=service.name)
    await migrate(fresh, versions=service.migrations)
    expected = await schema_of(fresh)
    await fresh.close()

    restore(service, version, database_url, request)
    upgraded = Database(url=database_url, schema=service.name)
    await migrate(upgraded, versions=service.migrations)
    assert len(expected.tables) > 1
    assert await differences(upgraded, expected) == []
    await service.check(upgraded, folder)
    await upgraded.close()


async def test_deliverys_tables_are_those_of_its_code(database_url: str) -> None:
    expected = MetaData()
    for each in (*vars(tables).values(), *vars(metric_tables).values()):
        if isinstance(getattr(each, "__table__", None), Table):
            each.__table__.to_metadata(expected)
    database = Database(url=database_url, schema="delivery")
    await migrate(database, versions=MIGRATIONS)
    assert await differences(database, expected, defaults=False) == []
    await database.close()


@pytest.mark.parametrize("service", ALL, ids=lambda service: service.name)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_earlier_version_is_recorded(service: Service, engine: str) -> None:
    missing = [version for version in service.versions()[:-1] if not service.record(version, engine).exists()]
    assert not missing, (
        f"No database of {service.name} at {missing}: run `python -m tests.integration.database.record` on the commit "
        "before the migration, and commit what it writes"
    )
