"""The migrations make exactly the tables that the code works with."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text
from sqlalchemy.engine import Connection

from penstock.config.v1 import config_pb2
from services.registry.app import MIGRATIONS as REGISTRY
from services.registry.bootstrap import bootstrap
from services.registry.store.tables import Row as RegistryRow
from services.registry.store.workspaces import WorkspaceStore
from services.secrets.app import MIGRATIONS as SECRETS
from services.secrets.store.tables import Row as SecretsRow
from shared.database import Database, migrate


@pytest.mark.parametrize(
    ("service", "versions", "metadata"),
    [("registry", REGISTRY, RegistryRow.metadata), ("secrets", SECRETS, SecretsRow.metadata)],
)
async def test_tables_are_those_of_the_code(
    database_url: str, service: str, versions: Path, metadata: MetaData
) -> None:
    database = Database(url=database_url, schema=service)
    await migrate(database, versions=versions)

    def differences(connection: Connection) -> list[Any]:
        options = {"version_table": f"{service}_version", "compare_type": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with database.write() as session:
        found = await (await session.connection()).run_sync(differences)
    await database.close()
    assert found == []


async def test_workspaces_of_an_older_release_have_no_limits(database_url: str, tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.mkdir()
    shutil.copy(REGISTRY / "v0001_first_tables.py", older)
    database = Database(url=database_url, schema="registry")
    await migrate(database, versions=older)
    async with database.write() as session:
        row = "INSERT INTO workspaces (id, name, created_at) VALUES ('ws_1', 'old', CURRENT_TIMESTAMP)"
        await session.execute(text(row))
    await migrate(database, versions=REGISTRY)
    found = await WorkspaceStore(database).get("ws_1")
    await database.close()
    assert (found.name, found.config) == ("old", config_pb2.WorkspaceConfig())


async def test_replicas_that_start_at_once_make_one_workspace(database_url: str, tmp_path: Path) -> None:
    replicas = [Database(url=database_url, schema="registry") for _ in range(3)]
    if replicas[0].is_sqlite:
        replicas = replicas[:1] * 3
    await asyncio.gather(*(migrate(replica, versions=REGISTRY) for replica in replicas))
    files = [tmp_path / str(number) for number in range(3)]
    await asyncio.gather(
        *(bootstrap(replica, owner_token_file=file) for replica, file in zip(replicas, files, strict=True))
    )
    assert [file.exists() for file in files].count(True) == 1
    assert await WorkspaceStore(replicas[0]).exist()
    for replica in set(replicas):
        await replica.close()
