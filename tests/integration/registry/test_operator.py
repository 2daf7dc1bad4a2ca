"""An upgraded installation has an operator, as a new one does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from sqlalchemy import text

from penstock.config.v1 import config_pb2
from services.registry.app import MIGRATIONS
from services.registry.publisher import Publisher
from shared.database import Database, migrate
from tests.integration.registry.installation import ConfigInMemory
from tests.integration.registry.people import OPERATOR, OWNER

TOKENS = [
    # workspace, source, made at: a source's token, then the owner's, then a later one; and another workspace's.
    ("ws_1", "src_1", "2026-01-01"),
    ("ws_1", None, "2026-01-02"),
    ("ws_1", None, "2026-01-03"),
    ("ws_2", None, "2026-01-01"),
]


async def test_the_oldest_token_of_the_oldest_workspace_operates(database_url: str, tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for file in MIGRATIONS.glob("v000[123]_*.py"):
        shutil.copy(file, older)
    database = Database(url=database_url, schema="registry")
    await migrate(database, versions=older)
    await _fill(database)
    await migrate(database, versions=MIGRATIONS)

    async with database.read() as session:
        rows = (await session.execute(text("SELECT digest, roles, name FROM tokens ORDER BY id"))).all()
    found = [(digest, json.loads(roles) if isinstance(roles, str) else roles, name) for digest, roles, name in rows]
    assert found == [
        ("d0", [], ""),
        ("d1", [OWNER, OPERATOR], "First owner"),
        ("d2", [OWNER], ""),
        ("d3", [OWNER], ""),
    ]
    config = ConfigInMemory()
    while await Publisher(database).drain(config=config, code=config):
        pass
    expected = config_pb2.TokenConfig(token_id="tok_1", workspace_id="ws_1")
    expected.roles.roles.extend([OWNER, OPERATOR])
    assert config.values == {"token.d1": expected}
    await database.close()


async def _fill(database: Database) -> None:
    async with database.write() as session:
        for workspace, made in (("ws_2", "2026-01-02"), ("ws_1", "2026-01-01")):
            row = f"('{workspace}', 'a', '{{}}', '{made} 00:00:00')"
            await session.execute(text(f"INSERT INTO workspaces (id, name, config, created_at) VALUES {row}"))
        columns = "id, workspace_id, name, enabled, created_at, updated_at"
        row = "('src_1', 'ws_1', 's', true, '2026-01-01', '2026-01-01')"
        await session.execute(text(f"INSERT INTO sources ({columns}) VALUES {row}"))
        for number, (workspace, source, made) in enumerate(TOKENS):
            roles, of = ("[]", f"'{source}'") if source else ("[1]", "NULL")
            row = f"('tok_{number}', '{workspace}', 'd{number}', {of}, '{roles}', '{made} 00:00:00')"
            query = f"INSERT INTO tokens (id, workspace_id, digest, source_id, roles, created_at) VALUES {row}"
            await session.execute(text(query))
