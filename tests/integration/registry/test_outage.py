"""Registry and secrets while their database dies or hangs: they say so, and are back with it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.registry.v1 import function_pb2
from shared.errors import Unavailable
from tests.databases import Postgres
from tests.integration.registry.installation import Installation, running
from tests.polling import until

SENSITIVE = function_pb2.SettingDefinition(name="key", type=function_pb2.SETTING_TYPE_STRING, sensitive=True)
OUTAGES: list[Callable[[Postgres], None]] = [Postgres.kill, Postgres.freeze]


async def answers(installation: Installation) -> bool:
    try:
        await installation.owner.workspace()
    except Unavailable:
        return False
    return True


@pytest.mark.parametrize("outage", OUTAGES, ids=["dead", "hanging"])
async def test_an_outage_is_told_and_outlived(
    postgres: Postgres, postgres_url: str, tmp_path: Path, outage: Callable[[Postgres], None]
) -> None:
    async with running(postgres_url, tmp_path) as installation:
        owner = installation.owner
        await owner.create_function(settings=[SENSITIVE])
        made = await owner.create_destination(function_id="Gate", settings=b'{"key": "hidden"}')
        outage(postgres)
        results = await asyncio.gather(
            owner.workspace(),
            owner.create_source(),
            installation.secrets_of(owner.workspace_id, made.instance_id),
            return_exceptions=True,
        )
        for told in results:
            assert isinstance(told, Unavailable), told
            assert (told.reason, told.retry_delay_s) == ("DATABASE_UNAVAILABLE", 1.0)
        postgres.thaw()
        postgres.start()
        await until(lambda: answers(installation))
        source = (await owner.create_source()).source
        assert await installation.secrets_of(owner.workspace_id, made.instance_id) == {"key": b'"hidden"'}
        config = await installation.publish()
        assert {f"source.{source.source_id}", f"destination.{made.destination_id}"} <= config.keys()


@pytest.mark.parametrize("service", ["registry", "secrets"])
async def test_a_start_without_the_database_ends_with_what_is_wrong(tmp_path: Path, service: str) -> None:
    environment = os.environ | {
        "PENSTOCK_DATA_DIR": str(tmp_path),
        "PENSTOCK_DATABASE_URL": "postgresql://someone:hidden@127.0.0.1:1/penstock",
    }
    command = [sys.executable, "-m", f"services.{service}"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)
    output = b"".join(await process.communicate()).decode()
    assert process.returncode == 1
    assert "service.failed" in output
    assert "The database cannot be reached. postgresql+asyncpg://someone:***@127.0.0.1:1/penstock" in output
    assert "Traceback" not in output
    assert "hidden" not in output
