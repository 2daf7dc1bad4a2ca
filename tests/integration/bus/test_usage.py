"""Counters of a real server: they add up, know repeats, and outlive a restart."""

from __future__ import annotations

import asyncio

import pytest

from shared.bus import Ack, Bus, MonthlyUsage, usage_of
from shared.bus.subjects import USAGE, compute_us, events
from shared.bus.usage import increment
from shared.errors import Unavailable
from tests.nats import NatsServer

MONTH = "2026-11"
SUBJECT = compute_us("ws_1", MONTH)


async def total(bus: Bus, amount: int, message_id: str) -> int | None:
    return (await bus.publish(increment(SUBJECT, amount, message_id=message_id))).total


async def test_increments_add_up_and_a_repeat_adds_nothing(bus: Bus) -> None:
    assert [await total(bus, 5, "a"), await total(bus, 7, "b")] == [5, 12]
    repeated = await bus.publish(increment(SUBJECT, 5, message_id="a"))
    assert repeated == Ack(sequence=1, duplicate=True, total=None)
    assert await total(bus, 0, "c") == 12


async def test_usage_is_read_by_workspace_and_month(bus: Bus) -> None:
    await total(bus, 1_500_000, "a")
    await bus.publish(increment(events("ws_1", MONTH), 3, message_id="b"))
    assert await usage_of(bus, "ws_1", MONTH) == MonthlyUsage(compute_s=1.5, events=3)
    assert await usage_of(bus, "ws_1", "2026-10") == await usage_of(bus, "ws_2", MONTH) == MonthlyUsage(0, 0)


async def test_a_repeat_is_known_past_a_restart_though_others_came_between(bus: Bus, nats_server: NatsServer) -> None:
    await total(bus, 5, "a")
    await total(bus, 7, "b")
    reconnected = asyncio.Event()
    with bus.on_reconnect(reconnected.set):
        nats_server.kill()
        nats_server.start()
        await reconnected.wait()
    assert (await bus.publish(increment(SUBJECT, 5, message_id="a"))).duplicate
    assert await total(bus, 0, "c") == 12


async def test_usage_that_cannot_be_read_is_not_taken_for_none(bus: Bus) -> None:
    await total(bus, 5, "a")
    await bus.jetstream.delete_stream(USAGE)
    with pytest.raises(Unavailable):
        await usage_of(bus, "ws_1", MONTH)
