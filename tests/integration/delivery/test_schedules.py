"""When deliveries are tried again and when given up, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from penstock.event.v1 import delivery_pb2, outcome_pb2
from shared.bus import Bus, Publication
from shared.bus.subjects import deliveries
from tests.clock import MovableClock
from tests.integration.delivery.harness import WORKSPACE, Harness, track
from tests.integration.delivery.one_destination import (
    DESTINATION,
    HOUR_S,
    QUICK,
    SLOW,
    Outside,
    attempts_of,
    consumer_info,
    remake_consumer,
    restart,
    routes,
    tries_more,
    waiting,
)
from tests.nats import NatsServer
from tests.polling import until


async def test_ten_tries_and_four_hours_exhaust_and_neither_alone_does(harness: Harness) -> None:
    await routes(harness)
    clock, outside = MovableClock(), Outside(harness)
    async with harness.workers(clock=clock, destination_retry=QUICK):
        await harness.send([track(1)])
        await until(lambda: outside.total >= 11)  # ten tries, and no four hours
        clock.advance(4 * HOUR_S)
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["EXHAUSTED RETRY"] == 1

    started = outside.total
    await harness.send([track(2)])
    for number in range(1, 11):  # four hours many times over, and no ten tries
        await tries_more(harness, clock, outside, SLOW)
        assert outside.total == started + number
        clock.advance(5 * HOUR_S)
    assert (await attempts_of(harness))["m2"] == list(range(1, 11))
    assert (await harness.statuses(DESTINATION))["EXHAUSTED RETRY"] == 2


@pytest.mark.parametrize("wrong_s", [-24 * HOUR_S, 24 * HOUR_S], ids=["behind", "ahead"])
async def test_a_delivery_that_was_routed_by_a_wrong_clock_is_tried_for_four_hours(
    harness: Harness, wrong_s: float
) -> None:
    await harness.destination("a")
    clock, outside = MovableClock(), Outside(harness)
    delivery = delivery_pb2.Delivery(
        event_id="evt_1", workspace_id=WORKSPACE, source_id="src_s", destination_id="dst_a", message_id="m1"
    )
    delivery.routed_at.FromSeconds(int(clock.time() + wrong_s))
    await harness.bus.publish(Publication(deliveries(WORKSPACE, "dst_a"), delivery.SerializeToString()))
    async with harness.workers(clock=clock, destination_retry=QUICK):
        await until(lambda: outside.total >= 12)
        clock.advance(4 * HOUR_S)
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["EXHAUSTED RETRY"] == 1


async def test_a_consumer_that_is_made_anew_neither_hurries_nor_forgets_tries(harness: Harness) -> None:
    """What came before its time is given back for the rest of it, and its tries are counted on."""
    await routes(harness)
    clock, outside = MovableClock(), Outside(harness)
    async with harness.workers(clock=clock, destination_retry=SLOW):
        await harness.send([track(1)])
        await until(lambda: waiting(harness))
    await remake_consumer(harness)
    async with harness.workers(clock=clock, destination_retry=SLOW):
        await until(lambda: waiting(harness))
    assert outside.total == 1, "not due, and so no try"
    await remake_consumer(harness)
    clock.advance(2000)
    outside.works = True
    async with harness.workers(clock=clock, destination_retry=SLOW):
        await harness.drained()
    assert await attempts_of(harness) == {"m1": [1, 2]}


async def test_an_outage_of_the_platform_uses_up_nothing(harness: Harness, nats_server: NatsServer) -> None:
    """With the executors away for days and workers restarted, an event has its first try when they are back."""
    await routes(harness)
    outside = Outside(harness, works=True)
    clock, address = MovableClock(), harness.executor_address
    harness.executor_address = "127.0.0.1:1"
    for _ in range(2):
        async with harness.workers(clock=clock, destination_retry=QUICK):
            await harness.send([track(len(harness.sent))])
            await until(lambda: was_pulled(harness))
            clock.advance(48 * HOUR_S)
    await restart(harness, nats_server)
    harness.executor_address = address
    async with harness.workers(clock=clock, destination_retry=QUICK):
        await harness.drained()
    assert await attempts_of(harness) == {"m0": [1], "m1": [1]}
    assert set(outside.tries.values()) == {1}


async def was_pulled(harness: Harness) -> bool:
    return (await consumer_info(harness)).delivered.consumer_seq > 0


@pytest.mark.slow
@pytest.mark.parametrize("moments_s", [0.0, 2.0], ids=["at-once", "later"])
async def test_schedules_survive_a_restart_of_everything(
    harness: Harness, nats_server: NatsServer, moments_s: float
) -> None:
    """Killed right after the naks the server has forgotten them, a while later it has not: no try comes early."""
    await routes(harness)
    outside, events = Outside(harness), 100
    # The machine's own clock here: the server has no other.
    policy = QUICK | {"caps_s": [8]}
    async with harness.workers(destination_retry=policy, drain_s=0):
        await harness.send([track(number) for number in range(events)])
        await until(lambda: outside.total >= events)
        if moments_s:
            await asyncio.sleep(moments_s)  # until the server has written what it keeps
        await restart(harness, nats_server)
    outside.works = True
    async with Bus.open(nats_server.url, name="after") as bus, harness.workers(bus=bus, destination_retry=policy):
        await harness.drained()
    found: dict[str, list[outcome_pb2.Outcome]] = {}
    for each in await harness.outcomes():
        if each.stage == DESTINATION:
            found.setdefault(each.message_id, []).append(each)
    assert len(found) == events
    for tries in found.values():
        for failed, following in itertools.pairwise(tries):
            assert following.attempt in {failed.attempt, failed.attempt + 1}
            if following.attempt > failed.attempt:
                early_s = failed.next_attempt_at.ToNanoseconds() - following.started_at.ToNanoseconds()
                assert early_s <= 0.05e9, "not before its time"
        assert tries[-1].status == outcome_pb2.STATUS_SUCCEEDED


async def test_backlog_limit_of_one_destination_below_the_installations(harness: Harness) -> None:
    await harness.destination("a", backlog_limit=3)
    await harness.source(to=["a"])
    Outside(harness)
    async with harness.workers(destination_retry=SLOW):
        await harness.send([track(number) for number in range(5)])
        await until(lambda: dead(harness, 2))
    info = await harness.bus.jetstream.stream_info("DELIVERIES")
    assert info.state.messages == 3


async def dead(harness: Harness, count: int) -> bool:
    return (await harness.statuses(DESTINATION))["EXHAUSTED BACKLOG_FULL"] == count
