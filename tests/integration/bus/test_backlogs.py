"""Limits below the stream's own: how much is let through, and what that costs."""

from __future__ import annotations

from shared.bus import Backlogs, Bus, Publication
from tests.nats import NatsServer

SUBJECT = "deliveries.ws_1.dst_1"


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def publish(bus: Bus, count: int, *, subject: str = SUBJECT) -> None:
    await bus.publish_all([Publication(subject, b"x") for _ in range(count)])


async def test_no_more_is_admitted_than_may_wait(bus: Bus) -> None:
    backlogs = Backlogs(bus, "DELIVERIES", clock=Time())
    assert await backlogs.admit(SUBJECT, 5, 3) == 3
    await publish(bus, 3)
    assert await backlogs.admit(SUBJECT, 5, 3) == 2
    await publish(bus, 2)
    assert await backlogs.admit(SUBJECT, 5, 3) == 0
    assert await backlogs.admit(SUBJECT, 4, 1) == 0
    assert await backlogs.admit("deliveries.ws_1.dst_2", 5, 3) == 3


async def test_room_is_noticed_soon_and_what_others_publish_within_a_second(bus: Bus) -> None:
    time = Time()
    backlogs = Backlogs(bus, "DELIVERIES", clock=time)
    await publish(bus, 5)
    assert await backlogs.admit(SUBJECT, 5, 1) == 0
    await bus.jetstream.purge_stream("DELIVERIES")
    assert await backlogs.admit(SUBJECT, 5, 1) == 0
    time.now += 0.1
    assert await backlogs.admit(SUBJECT, 5, 1) == 1
    await publish(bus, 5)
    assert await backlogs.admit(SUBJECT, 5, 1) == 1, "not looked at yet"
    time.now += 1
    assert await backlogs.admit(SUBJECT, 5, 1) == 0


async def test_far_from_the_limit_it_asks_once_a_second(bus: Bus) -> None:
    time, asked = Time(), 0
    backlogs = Backlogs(bus, "DELIVERIES", clock=time)
    ask = bus.jetstream.stream_info

    async def counted(*arguments: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        return await ask(*arguments, **options)

    bus.jetstream.stream_info = counted
    for _ in range(100):
        await backlogs.admit(SUBJECT, 1000, 1)
    assert asked == 1
    time.now += 1
    await backlogs.admit(SUBJECT, 1000, 1)
    assert asked == 2


async def test_with_the_log_away_publishing_tells(bus: Bus, nats_server: NatsServer) -> None:
    nats_server.kill()
    assert await Backlogs(bus, "DELIVERIES").admit(SUBJECT, 5, 7) == 7
