"""A gateway over a real log, with a registry beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.bus import Bus
from shared.rpc.identity import make_tokens
from tests.integration.gateway.gateway import Gateway, gateway_running, open_log, registry_running
from tests.nats import NatsServer, nats_server

__all__ = ["nats_server"]


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    async with open_log(nats_server) as bus:
        yield bus


@pytest.fixture
def identities(tmp_path: Path) -> Path:
    make_tokens(tmp_path / "identities")
    return tmp_path / "identities"


@pytest.fixture
async def gateway(bus: Bus, nats_server: NatsServer, identities: Path) -> AsyncIterator[Gateway]:
    token = (identities / "gateway.token").read_text()
    async with (
        registry_running(identities) as address,
        gateway_running(bus, nats_server, registry_address=address, service_token=token) as gateway,
    ):
        yield gateway
