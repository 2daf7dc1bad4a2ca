"""A log, an executor and what drives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.bus import Bus
from tests.databases import database_url, postgres, postgres_url
from tests.executor import ScriptedExecutor, serving
from tests.integration.delivery.harness import Harness, declare
from tests.integration.delivery.read_side import ReadSide, read_side
from tests.nats import NatsServer, nats_server

__all__ = ["database_url", "nats_server", "postgres", "postgres_url"]


@pytest.fixture
async def harness(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Harness]:
    executor = ScriptedExecutor()
    async with Bus.open(nats_server.url, name="test") as bus, serving(executor) as address:
        await declare(bus)
        yield Harness(bus, executor, address, tmp_path)


@pytest.fixture
async def reads(harness: Harness, database_url: str, tmp_path: Path) -> AsyncIterator[ReadSide]:
    async with read_side(harness.bus, database_url, tmp_path) as reads:
        yield reads
