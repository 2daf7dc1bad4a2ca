"""A bus on a real server, with all streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.bus import Bus, StreamLimits, declare_streams
from tests.nats import NatsServer, nats_server

__all__ = ["bus", "nats_server"]

LIMITS = StreamLimits(inbox_per_source=3, deliveries_per_destination=1000)


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    async with Bus.open(nats_server.url, name="test") as bus:
        await declare_streams(bus, LIMITS)
        yield bus
