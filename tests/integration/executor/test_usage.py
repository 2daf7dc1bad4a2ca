"""Allowances over a real log: executors add up, restarts keep, and a log that was away missed nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from services.executor.usage import UsageMeter
from shared.bus import Ack, Bus, MonthlyUsage, Publication, StreamLimits, declare_streams, usage_of
from shared.bus.usage import month_of
from shared.errors import PenstockError, ResourceExhausted, Unavailable
from tests.nats import NatsServer, nats_server
from tests.polling import until

__all__ = ["nats_server"]


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    async with Bus.open(nats_server.url, name="test") as bus:
        await declare_streams(bus, StreamLimits())
        yield bus


def meter(bus: Bus, limit_s: float = 10) -> UsageMeter:
    return UsageMeter(publish=bus.publish_all, limit_s=lambda _: limit_s)


def ran(usage: UsageMeter, seconds: float) -> None:
    usage.spend("ws_1", seconds)
    usage.count_events("ws_1", 1)


async def used(bus: Bus) -> MonthlyUsage:
    return await usage_of(bus, "ws_1", month_of(time.time()))


async def test_executors_share_one_allowance(bus: Bus, nats_server: NatsServer) -> None:
    async with Bus.open(nats_server.url, name="other") as other_bus:
        here, there = meter(bus), meter(other_bus)
        ran(here, 6)
        ran(there, 4)
        await here.check("ws_1")
        with pytest.raises(ResourceExhausted):
            await there.check("ws_1")
        assert await used(bus) == MonthlyUsage(compute_s=10, events=2)
        ran(here, 0.001)
        await here.flush()
        with pytest.raises(ResourceExhausted):
            await here.check("ws_1")


async def test_a_restarted_executor_knows_what_was_used_before_its_first_event(bus: Bus) -> None:
    async with meter(bus).running() as usage:
        ran(usage, 10)
    with pytest.raises(ResourceExhausted):
        await meter(bus).check("ws_1")


async def test_flushing_goes_on_by_itself(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.executor.usage.FLUSH_S", 0.01)
    async with meter(bus).running() as usage:
        for events in (1, 2):
            ran(usage, 0.5)

            async def counted(events: int = events) -> bool:
                return await used(bus) == MonthlyUsage(compute_s=events / 2, events=events)

            await until(counted)


async def test_a_log_that_was_away_misses_nothing(bus: Bus, nats_server: NatsServer) -> None:
    usage = meter(bus)
    ran(usage, 1)
    await usage.flush()
    reconnected = asyncio.Event()
    with bus.on_reconnect(reconnected.set):
        # Some increments may be stored without an answer, as a crash wills.
        ran(usage, 2)
        flushing = asyncio.create_task(usage.flush())
        await asyncio.sleep(0)
        nats_server.kill()
        await flushing
        ran(usage, 3)
        await usage.check("ws_1")
        assert not await usage.flush()
        nats_server.start()
        await reconnected.wait()
    assert await until(usage.flush)
    assert await used(bus) == MonthlyUsage(compute_s=6, events=3)


async def test_an_answer_that_is_lost_counts_once(bus: Bus) -> None:
    lost = True

    async def publish(publications: Sequence[Publication]) -> Sequence[Ack | PenstockError]:
        answers = await bus.publish_all(publications)
        return [Unavailable("lost")] * len(answers) if lost else answers

    usage = UsageMeter(publish=publish, limit_s=lambda _: 10)
    ran(usage, 2)
    assert not await usage.flush()
    lost = False
    ran(usage, 1)
    assert await until(usage.flush)
    assert await used(bus) == MonthlyUsage(compute_s=3, events=2)
