"""Connecting: patient at the start, and after every loss."""

from __future__ import annotations

import asyncio
from typing import Any

import nats.errors
import pytest

from shared.bus import Bus
from tests.nats import NatsServer
from tests.polling import until


async def test_a_server_that_starts_later_is_waited_for(nats_server: NatsServer) -> None:
    nats_server.kill()

    async def connect() -> bool:
        async with Bus.open(nats_server.url, name="early") as bus:
            return bus.is_connected

    async with asyncio.TaskGroup() as tasks:
        connecting = tasks.create_task(connect())
        await asyncio.sleep(0.5)
        assert not connecting.done()
        nats_server.start()
        assert await connecting


@pytest.mark.parametrize("step", ["flush", "close"])
@pytest.mark.parametrize("error", [ConnectionResetError, BrokenPipeError, nats.errors.ConnectionClosedError])
async def test_closing_does_not_fail_with_a_server_that_has_just_died(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch, step: str, error: type[Exception]
) -> None:
    """The client raises these when the server dies at the wrong instant, which a test cannot meet at will."""
    async with Bus.open(nats_server.url, name="closing") as bus:
        carry_out = getattr(bus.connection, step)

        async def die(*arguments: Any, **more: Any) -> None:
            await carry_out(*arguments, **more)
            raise error

        monkeypatch.setattr(bus.connection, step, die)
    assert bus.connection.is_closed


async def test_whoever_waits_on_the_server_is_told_of_a_reconnection(bus: Bus, nats_server: NatsServer) -> None:
    told: list[str] = []
    with bus.on_reconnect(lambda: told.append("once")):
        nats_server.kill()
        nats_server.start()
        await until(lambda: told)
    nats_server.kill()
    await until(lambda: not bus.is_connected)
    nats_server.start()
    await until(lambda: bus.is_connected)
    assert told == ["once"]
