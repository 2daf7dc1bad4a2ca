"""A replay dies at every step, and what it works over goes away: nothing is replayed twice, nothing is left out."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from penstock.delivery.v1 import replay_pb2
from services.delivery.replay_claims import ReplayClaims
from shared.bus import Bus
from shared.errors import Unavailable
from tests.integration.delivery.dead_letters import Crm, fail
from tests.integration.delivery.harness import Harness
from tests.integration.delivery.read_side import HIGHEST_RATE, ReadSide, person
from tests.integration.delivery.test_crashes import Doom
from tests.nats import NatsServer
from tests.polling import until

EVENTS = 30
ALL_ONCE = {f"m{number}": 1 for number in range(EVENTS)}


async def forget_message_ids(harness: Harness) -> None:
    """Make DELIVERIES take a repeated message: as it does when two minutes have passed."""
    info = await harness.bus.jetstream.stream_info("DELIVERIES")
    info.config.duplicate_window = 0.1
    await harness.bus.jetstream.update_stream(info.config)


async def die(harness: Harness, reads: ReadSide, nats_url: str, nth: int, *, after: bool) -> replay_pb2.Replay:
    """Begin a replay whose replica dies at the nth message, before or after that leaves, as if by SIGKILL."""
    async with Bus.open(nats_url, name="doomed") as bus, asyncio.TaskGroup() as tasks:
        doom = Doom(bus, "deliveries.", nth, after=after)

        async def work() -> None:
            async with reads.replaying(bus=bus) as replayer:
                # It dies: it gives nothing back.
                replayer._claims.release = never
                await asyncio.Event().wait()

        task = tasks.create_task(work())
        begun = await reads.replay(max_per_second=40)
        async with asyncio.timeout(20):
            await doom.come.wait()
        task.cancel()
        return begun


async def never() -> None:
    """Release nothing."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 10, EVENTS])
async def test_a_replay_that_was_killed_goes_on_and_publishes_nothing_twice(
    harness: Harness, reads: ReadSide, nats_server: NatsServer, nth: int, after: bool
) -> None:
    await fail(harness, "a", events=EVENTS)
    crm = harness.executor.scripts["ins_a"] = Crm()
    await forget_message_ids(harness)
    begun = await die(harness, reads, nats_server.url, nth, after=after)
    async with reads.replaying(), harness.workers():
        ended = await reads.ended(begun)
        await harness.drained()
    assert (ended.published, list(ended.skipped), list(ended.failed)) == (EVENTS, [], [])
    assert Counter(crm.got) == ALL_ONCE


async def test_what_was_delivered_before_the_replay_goes_on_is_known(
    harness: Harness, reads: ReadSide, nats_server: NatsServer
) -> None:
    await fail(harness, "a", events=EVENTS)
    crm = harness.executor.scripts["ins_a"] = Crm()
    await forget_message_ids(harness)
    begun = await die(harness, reads, nats_server.url, 15, after=True)
    async with harness.workers():
        # Nothing of it is in the log any more.
        await harness.drained()
        assert len(crm.got) >= 10
        async with reads.replaying():
            ended = await reads.ended(begun)
            await harness.drained()
    assert ended.published == EVENTS
    assert Counter(crm.got) == ALL_ONCE


async def test_a_replay_outlives_the_server(harness: Harness, reads: ReadSide, nats_server: NatsServer) -> None:
    await fail(harness, "a", events=EVENTS)
    crm = harness.executor.scripts["ins_a"] = Crm()
    async with reads.replaying():
        begun = await reads.replay(max_per_second=40)

        async def is_under_way() -> bool:
            return (await reads.get(begun.replay_id)).published > 0

        await until(is_under_way)
        nats_server.kill()

        async def waits() -> bool:
            return (await reads.get(begun.replay_id)).waiting_for == "LOG_UNAVAILABLE"

        await until(waits)
        nats_server.start()
        ended = await reads.ended(begun)
        async with harness.workers():
            await harness.drained()
    assert (ended.published, ended.waiting_for) == (EVENTS, "")
    assert Counter(crm.got) == ALL_ONCE


async def test_a_replay_waits_for_the_database(
    harness: Harness, reads: ReadSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fail(harness, "a", events=EVENTS)
    crm = harness.executor.scripts["ins_a"] = Crm()
    await forget_message_ids(harness)
    settle, outages = ReplayClaims.settle, 3

    async def away(self: ReplayClaims, *arguments: object, **more: object) -> None:
        nonlocal outages
        if outages:
            outages -= 1
            raise Unavailable("The database cannot be reached.", reason="DATABASE_UNAVAILABLE")
        await settle(self, *arguments, **more)  # type: ignore[arg-type]

    # Each time after the log has taken a step.
    monkeypatch.setattr(ReplayClaims, "settle", away)
    async with reads.replaying(), harness.workers():
        ended = await reads.ended(await reads.replay(max_per_second=HIGHEST_RATE))
        await harness.drained()
    assert (ended.published, outages) == (EVENTS, 0)
    assert Counter(crm.got) == ALL_ONCE


async def test_one_replica_at_a_time_works_on_a_replay(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=EVENTS)
    crm = harness.executor.scripts["ins_a"] = Crm()
    async with reads.replaying() as first, reads.replaying() as second:
        ended = await reads.ended(await reads.replay(max_per_second=40))
        assert not first._working & second._working
        async with harness.workers():
            await harness.drained()
    assert ended.published == EVENTS
    assert Counter(crm.got) == ALL_ONCE


async def test_a_replica_that_stops_leaves_its_replay_to_the_next_one(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=EVENTS)
    # Whoever would wait for the lease to end would wait too long for this test.
    async with reads.replaying(lease_s=3600):
        begun = await reads.replay(max_per_second=4)

        async def is_under_way() -> bool:
            return (await reads.get(begun.replay_id)).published > 0

        await until(is_under_way)
    async with reads.replaying(lease_s=3600):
        assert (await reads.ended(begun)).published == EVENTS


async def test_what_is_purged_under_a_replay_is_told(
    harness: Harness, reads: ReadSide, nats_server: NatsServer
) -> None:
    await fail(harness, "a", events=EVENTS)
    harness.executor.scripts["ins_a"] = Crm()
    begun = await die(harness, reads, nats_server.url, 5, after=False)
    await reads.purge(filter=replay_pb2.DeliveryFilter())
    async with reads.replaying():
        ended = await reads.ended(begun)
    assert ended.published + {each.reason: each.count for each in ended.skipped}["PURGED"] == EVENTS
    answer = await reads.stub.GetReplay(replay_pb2.GetReplayRequest(replay_id=begun.replay_id), metadata=person())
    assert answer.replay == ended
