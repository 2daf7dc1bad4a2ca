"""Failures that other pipelines had, by name (who had it is said beside): none of them here."""

from __future__ import annotations

import asyncio

import pytest

from penstock.event.v1 import outcome_pb2
from services.delivery.settings import DeliverySettings
from shared.bus import Publication
from shared.bus.consumers import remove_consumer
from shared.bus.message_ids import delivery_id
from shared.bus.subjects import attempts
from tests.clock import MovableClock
from tests.executor import returned
from tests.integration.delivery.dead_letters import FILTER, Crm, fail
from tests.integration.delivery.harness import Harness, track
from tests.integration.delivery.one_destination import (
    DESTINATION,
    HOUR_S,
    QUICK,
    SLOW,
    Outside,
    attempts_of,
    remake_consumer,
    restart,
    routes,
    tries_more,
    waiting,
)
from tests.integration.delivery.read_side import ReadSide
from tests.integration.delivery.test_crashes import doomed_workers
from tests.nats import NatsServer
from tests.polling import until


@pytest.mark.parametrize("step", ["outcomes.", "attempts.", "$JS.ACK.DELIVERIES"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_retry_scheduled_before_the_event_is_stored(
    harness: Harness, nats_server: NatsServer, step: str, after: bool
) -> None:
    """Outpost: the retry ran before the attempt was stored, and was lost. Here an event stays until it is done."""
    await routes(harness)
    outside = Outside(harness)
    await harness.send([track(1)])
    async with doomed_workers(harness, nats_server.url, step, 1, after=after) as doom, asyncio.timeout(20):
        await doom.come.wait()
    outside.works = True
    async with harness.workers(destination_retry=QUICK):
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 1


async def test_duplicate_retries(harness: Harness) -> None:
    """Outpost #64: one failure, several retries. Here a failed try is followed by one, over restarts of workers too."""
    await routes(harness)
    outside, events = Outside(harness), 30
    policy = QUICK | {"attempts": 4, "period_s": 0}
    await harness.send([track(number) for number in range(events)])
    for _ in range(3):
        before = outside.total
        async with harness.workers(destination_retry=policy):
            await until(lambda before=before: outside.total > before or harness.is_drained())
    async with harness.workers(destination_retry=policy), harness.workers(destination_retry=policy):
        await harness.drained()
    assert await attempts_of(harness) == {f"m{number}": [1, 2, 3, 4] for number in range(events)}
    assert set(outside.tries.values()) == {4}


@pytest.mark.parametrize("code", ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET"])
async def test_dns_error_not_retried(harness: Harness, code: str) -> None:
    """Outpost #314: a name not found was final. Here the function's word counts, whatever the request met."""
    await routes(harness)
    outside = Outside(harness, error=code)
    async with harness.workers(destination_retry=QUICK):
        await harness.send([track(1)])
        await until(lambda: outside.total >= 2)
        outside.works = True
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 1


async def test_delivery_stuck_in_scheduled_for_ever(harness: Harness, nats_server: NatsServer) -> None:
    """Convoy #1756: a delivery waited for a retry that nobody remembered. Here workers and the server die meanwhile."""
    await routes(harness)
    clock, outside, events = MovableClock(), Outside(harness), 20
    policy = QUICK | {"caps_s": [3]}
    async with harness.workers(clock=clock, destination_retry=policy):
        await harness.send([track(number) for number in range(events)])
        await until(lambda: outside.total >= events)
        await restart(harness, nats_server)
    outside.works = True
    async with harness.workers(clock=clock, destination_retry=policy):
        await harness.drained()
    last = {each.message_id: each.status for each in await harness.outcomes() if each.stage == DESTINATION}
    assert last == {f"m{number}": outcome_pb2.STATUS_SUCCEEDED for number in range(events)}


async def test_infinite_retries_with_no_attempt_recorded(harness: Harness) -> None:
    """Convoy #1833: retries that nobody counted never ended. Here each try is told, and the last one ends it."""
    await routes(harness)
    outside = Outside(harness)
    async with harness.workers(destination_retry=QUICK | {"period_s": 0}):
        await harness.send([track(1)])
        await harness.drained()
    assert outside.total == 10
    assert await attempts_of(harness) == {"m1": list(range(1, 11))}
    assert (await harness.statuses(DESTINATION))["EXHAUSTED RETRY"] == 1


async def test_no_retries_after_an_upgrade(harness: Harness) -> None:
    """Convoy #1811. What the first release stored of tries is read by this one, and the other way round."""
    await routes(harness)
    outside = Outside(harness)
    async with harness.workers(destination_retry=SLOW):
        (event_id,) = await harness.send([track(1)])
        await until(lambda: waiting(harness))
    subject = attempts("dst_a", delivery_id(event_id, "m1", "dst_a"))
    stored = await harness.bus.jetstream.get_last_msg("ATTEMPTS", subject)
    assert int(stored.data) == 1, "the first release reads a bare number"
    # The first release's form, and the delivery as it comes after its delay.
    await harness.bus.publish(Publication(subject, b"7"))
    await remake_consumer(harness)
    outside.works = True
    async with harness.workers(destination_retry=SLOW):
        await harness.drained()
    assert await attempts_of(harness) == {"m1": [1, 8]}


async def test_queue_consumer_group_gone_after_a_server_restart_nothing_drains(
    harness: Harness, nats_server: NatsServer
) -> None:
    """Svix #1844. A running worker makes its consumer anew, whether the server or somebody removed it."""
    await routes(harness)
    Outside(harness, works=True)
    async with harness.workers():
        for number in range(3):
            await harness.send([track(number)])
            await harness.drained()
            await remake_consumer(harness)
            await restart(harness, nats_server)
        await harness.send([track(3)])
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 4


async def test_events_lost_when_the_subscription_is_deleted_and_re_made(harness: Harness) -> None:
    """Knative #6984. A destination that is disabled and enabled again goes on with what waited, also over a restart."""
    await routes(harness)
    outside = Outside(harness)
    async with harness.workers(destination_retry=SLOW) as workers:
        await harness.send([track(1)])
        await until(lambda: waiting(harness))
        await harness.destination("a", enabled=False)
        await until(lambda: not workers.destinations)
    outside.works = True
    clock = MovableClock()
    clock.advance(2000)
    await remake_consumer(harness)
    async with harness.workers(clock=clock, destination_retry=SLOW):
        await harness.destination("a")
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 1


async def test_a_deleted_destinations_backlog_is_gone_and_its_name_begins_anew(harness: Harness) -> None:
    """The other half of Knative #6984: deleting is told to drop what waits, and drops nothing that comes later."""
    await routes(harness)
    outside = Outside(harness, works=True)
    async with harness.workers():
        await harness.send([track(1)])
        await harness.drained()
        await harness.store.delete("destination.dst_a")
        await until(lambda: harness.is_drained())
        await remove_consumer(harness.bus, stream="DELIVERIES", name="dst_a", subject="deliveries.*.dst_a")
        made_anew = "dst_b"
        harness.executor.scripts["ins_b"] = harness.executor.scripts["ins_a"]
        await harness.destination("b")
        await harness.source(to=["b"])
        await until(lambda: _is_routed_to(harness, made_anew))
    assert outside.total >= 1


async def _is_routed_to(harness: Harness, destination_id: str) -> bool:
    await harness.send([track(len(harness.sent) + 100)])
    return any(each.destination_id == destination_id for each in await harness.outcomes())


async def test_destination_down_for_hours_events_never_retried(harness: Harness) -> None:
    """Jitsu #1023. Down for four hours, at the real delays: the events are tried on, and arrive when it is back."""
    await routes(harness)
    clock, outside, events = MovableClock(), Outside(harness), 12
    policy = DeliverySettings().destination_retry.model_dump()
    await harness.send([track(number) for number in range(events)])
    await tries_more(harness, clock, outside, policy)
    for _ in range(5):
        clock.advance(0.9 * HOUR_S)
        await tries_more(harness, clock, outside, policy)
    assert outside.total > events
    outside.works = True
    while not await harness.is_drained():
        clock.advance(HOUR_S)
        await tries_more(harness, clock, outside, policy)
    statuses = await harness.statuses(DESTINATION)
    assert statuses["SUCCEEDED"] == events
    assert not [status for status in statuses if status.startswith("EXHAUSTED")]


async def test_slow_destination_of_one_tenant_blocks_all(harness: Harness) -> None:
    """keygen-api #771: one endpoint that hung held the workers of all. Here each destination has a lane of its own."""
    events = 300  # more than a lane holds
    await harness.destination("hanging")
    await harness.destination("healthy")
    await harness.source(to=["hanging", "healthy"])
    harness.executor.scripts = {"ins_hanging": lambda _: returned(), "ins_healthy": lambda _: returned()}
    ended = harness.executor.gates["ins_hanging"] = asyncio.Event()

    def ran(instance_id: str) -> int:
        return sum(count for (name, _), count in harness.executor.runs.items() if name == instance_id)

    async with harness.workers():
        await harness.send([track(number) for number in range(events)])
        await until(lambda: ran("ins_healthy") == events)
        assert ran("ins_hanging") == 0
        ended.set()
        await harness.drained()
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == 2 * events


async def test_batch_retry_over_the_wrong_endpoints(harness: Harness, reads: ReadSide) -> None:
    """Convoy #2116: a batch retry for one endpoint went to others as well. A destination's id is part of a replay."""
    await fail(harness, "a", "b", events=5)
    mended = {name: Crm() for name in ("a", "b")}
    harness.executor.scripts = {f"ins_{name}": crm for name, crm in mended.items()}
    async with reads.replaying(), harness.workers():
        replay = await reads.ended(await reads.replay(filter=FILTER(destination_id="dst_b")))
        await harness.drained()
    assert (replay.matched, replay.published) == (5, 5)
    assert (mended["a"].got, sorted(mended["b"].got)) == ([], [f"m{number}" for number in range(5)])
    assert {each.destination_id for each in await reads.dead() if not each.replayed_as} == {"dst_a"}
