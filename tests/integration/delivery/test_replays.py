"""Dead letters are listed and replayed: each once, nowhere else, as deliveries of their own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from penstock.delivery.v1 import replay_pb2
from shared.bus import StreamLimits
from shared.errors import (
    FailedPrecondition,
    NotFound,
)
from tests.executor import Result, returned
from tests.integration.delivery.dead_letters import (
    CANCELLED,
    DISCARDED,
    EXHAUSTED,
    FILTER,
    FINISHED,
    IDS,
    ONCE,
    SUCCEEDED,
    THEN,
    Crm,
    Invocation,
    fail,
    failing,
    refusing,
)
from tests.integration.delivery.harness import Harness, declare, track
from tests.integration.delivery.read_side import HIGHEST_RATE, ReadSide, person, reasons
from tests.polling import until


async def test_a_dead_letter_is_replayed_as_a_delivery_of_its_own(harness: Harness, reads: ReadSide) -> None:
    (event_id,) = await fail(harness, "a")
    (dead,) = await reads.dead()
    crm = harness.executor.scripts["ins_a"] = Crm()
    async with reads.replaying(), harness.workers():
        begun = await reads.replay(ids=IDS(delivery_ids=[dead.delivery_id]))
        assert begun.replay_id.startswith("rpl_")
        ended = await reads.ended(begun)
        await harness.drained()
    assert (ended.state, ended.matched, ended.published) == (FINISHED, 1, 1)
    assert (list(ended.skipped), list(ended.failed), ended.token_id) == ([], [], "tok_1")
    assert crm.got == ["m0"]
    first, again = await reads.list(destination_id="dst_a")
    # The dead letter stays what it is, and shows its replay; that is a delivery of its own of the same event.
    assert (first.delivery_id, first.status, first.replay, first.replay_of) == (dead.delivery_id, EXHAUSTED, 0, "")
    assert (again.status, again.attempts, again.replay_of) == (SUCCEEDED, 1, first.delivery_id)
    assert first.replayed_as == again.delivery_id != first.delivery_id
    assert (again.event_id, again.message_id, again.replay > 0) == (event_id, "m0", True)


async def test_a_manual_retry_is_not_swallowed_by_the_idempotency_key(harness: Harness, reads: ReadSide) -> None:
    # Two events whose messages have one id, and dead letters that fail again: all are replayed within two minutes.
    await harness.destination("a")
    await harness.source(to=["a"], function=True)
    harness.executor.scripts = {"ins_s": lambda _: returned(track(7)), "ins_a": failing}
    async with harness.workers(destination_retry=ONCE):
        await harness.send_webhooks([b"1"])
        await harness.drained()
        # The stream drops the second message of the same id unless the first one's is forgotten.
        await harness.bus.jetstream.delete_stream("DELIVERIES")
        await declare(harness.bus)
        await harness.send_webhooks([b"2"])
        await until(lambda: harness.executor.runs.total() == 4)
        await harness.drained()
        for round_ in range(1, 4):
            async with reads.replaying():
                ended = await reads.ended(await reads.replay())
                await harness.drained()
            assert (ended.published, list(ended.skipped)) == (2, [])
            assert len(await reads.dead()) == 2 * (round_ + 1)
    assert len(await reads.dead(replayed=False)) == 2


async def test_two_people_who_press_replay_at_once_replay_once(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=30)
    ids = IDS(delivery_ids=[each.delivery_id for each in await reads.dead()])
    crm = harness.executor.scripts["ins_a"] = Crm()
    wishes: list[dict[str, Any]] = [{"ids": ids}, {"ids": ids}, {}, {}]
    async with reads.replaying(), reads.replaying():
        begun = await asyncio.gather(*(reads.replay(**wish) for wish in wishes))
        ended = [await reads.ended(each) for each in begun]
        async with harness.workers():
            await harness.drained()
    assert sum(each.published for each in ended) == 30
    for each in ended:
        skipped = reasons(each.skipped)
        assert each.matched == each.published + skipped.total()
        assert set(skipped) <= {"ALREADY_REPLAYED"}
    assert Counter(crm.got) == {f"m{number}": 1 for number in range(30)}


async def test_a_repeated_request_begins_nothing(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a")
    begun = [await reads.replay(request_id="r1") for _ in range(2)]
    assert begun[0].replay_id == begun[1].replay_id
    assert (await reads.replay(workspace="ws_2", request_id="r1")).replay_id != begun[0].replay_id


async def test_only_what_a_filter_means_is_replayed(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", "b", events=3)
    await fail(harness, "refused", script=refusing)
    await declare(harness.bus)
    crms = {name: Crm() for name in ("a", "b", "refused")}
    harness.executor.scripts = {f"ins_{name}": crm for name, crm in crms.items()}
    middle = (await reads.dead(destination_id="dst_b"))[1]
    wanted = FILTER(
        destination_id="dst_b",
        source_id="src_s",
        reason="RETRY",
        event_type="track",
        start_time=middle.updated_at,
        event_id=middle.event_id,
    )
    async with reads.replaying(), harness.workers():
        assert (await reads.replay(filter=wanted, validate_only=True)).matched == 1
        for empty in (
            FILTER(end_time=(await reads.dead())[0].updated_at),
            FILTER(reason="BACKLOG_FULL"),
            FILTER(event_type="identify"),
            FILTER(destination_id="dst_x"),
            FILTER(source_id="src_x"),
        ):
            assert (await reads.replay(filter=empty, validate_only=True)).matched == 0
        assert (await reads.ended(await reads.replay(filter=wanted))).published == 1
        await harness.drained()
        assert {name: crm.got for name, crm in crms.items()} == {"a": [], "b": [middle.message_id], "refused": []}
        # The rest of b: what was replayed is not matched any more.
        rest = await reads.ended(await reads.replay(filter=FILTER(destination_id="dst_b")))
        assert (rest.matched, rest.published) == (2, 2)
        # Refused for good: only when asked for.
        assert (await reads.ended(await reads.replay(filter=FILTER(status=DISCARDED)))).published == 1
        await harness.drained()
    assert (crms["a"].got, sorted(crms["b"].got), crms["refused"].got) == ([], ["m0", "m1", "m2"], ["m0"])


async def test_a_failed_source_run_goes_through_its_function_again(harness: Harness, reads: ReadSide) -> None:
    await harness.destination("a")
    await harness.source(to=["a"], function=True)
    crm = Crm()
    harness.executor.scripts = {"ins_s": failing, "ins_a": crm}
    async with harness.workers(), reads.replaying():
        (event_id,) = await harness.send_webhooks([b"{}"])
        await harness.drained()
        (dead,) = await reads.dead()
        assert (dead.destination_id, dead.attempts) == ("", 5)
        harness.executor.scripts["ins_s"] = lambda _: returned(track(1), track(2))
        assert (await reads.ended(await reads.replay())).published == 1
        await until(lambda: len(crm.got) == 2)
        await harness.drained()
    _, run, *derived = await reads.list(event_id=event_id)
    by_stage = sorted([run, *derived], key=lambda each: each.destination_id)
    # The messages of the second way through are deliveries of their own, under the run's number.
    assert [(each.destination_id, each.status) for each in by_stage] == [
        ("", SUCCEEDED),
        ("dst_a", SUCCEEDED),
        ("dst_a", SUCCEEDED),
    ]
    assert {each.replay_of for each in by_stage} == {dead.delivery_id}
    assert len({each.replay for each in by_stage}) == 1


async def test_replays_run_the_version_of_then_or_that_of_now(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=2)
    first, second = await reads.dead()
    await harness.destination("a", version="2")
    async with reads.replaying(), harness.workers(destination_retry=ONCE):
        await reads.ended(await reads.replay(ids=IDS(delivery_ids=[first.delivery_id]), version=THEN))
        await reads.ended(await reads.replay(ids=IDS(delivery_ids=[second.delivery_id])))
        await harness.drained()
        of_then, of_now = sorted(await reads.dead(replayed=False), key=lambda each: each.version_id)
        assert (of_then.version_id, of_then.replay_of) == ("ver_1", first.delivery_id)
        assert (of_now.version_id, of_now.replay_of) == ("ver_2", second.delivery_id)
        # A replay of the replay with the version of now runs that of now.
        harness.executor.scripts["ins_a"] = Crm()
        await reads.ended(await reads.replay(ids=IDS(delivery_ids=[of_then.delivery_id])))
        await harness.drained()
    outcomes = [each for each in await harness.outcomes() if each.destination_id]
    assert [each.function.version_id for each in outcomes[-3:]].count("ver_2") == 2
    assert outcomes[-1].function.version_id == "ver_2"
    then = next(each for each in outcomes if each.replay and each.function.version_id == "ver_1")
    assert then.function.code_digest == outcomes[0].function.code_digest
    assert set(harness.executor.code_digests) == {"", then.function.code_digest}


async def test_what_cannot_be_replayed_is_skipped_with_a_reason(harness: Harness, reads: ReadSide) -> None:
    await declare(harness.bus, StreamLimits(deliveries_per_destination=1))
    await fail(harness, "a", "gone")
    # Never ran: its destination had no room.
    await harness.destination("full")
    harness.executor.scripts["ins_full"] = failing
    await harness.source(to=["full"])
    async with harness.workers(destination_retry={"caps_s": [3600], "attempts": 2, "period_s": 3600}):
        await harness.send([track(1), track(2)])
        await until(lambda: harness.executor.runs.total() == 3)
        assert await until(lambda: reads.dead(reason="BACKLOG_FULL"))
    await harness.store.delete("destination.dst_gone")
    async with reads.replaying():
        then = await reads.ended(await reads.replay(version=THEN))
        assert (then.published, reasons(then.skipped)) == (1, {"DESTINATION_GONE": 1, "NO_VERSION": 1})
        # Its one place is taken still; the dead letter stays, and can be replayed again.
        full = await reads.ended(await reads.replay(filter=FILTER(destination_id="dst_full")))
        assert (full.published, reasons(full.failed)) == (0, {"BACKLOG_FULL": 1})
        assert (await reads.dead(destination_id="dst_full"))[0].replayed_as == ""
        await harness.bus.jetstream.purge_stream("DELIVERIES")
        again = await reads.ended(await reads.replay(filter=FILTER(destination_id="dst_full")))
        assert again.published == 1


async def test_code_that_is_gone_is_told_before_anything_is_published(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a")
    digest = (await harness.outcomes())[-1].function.code_digest
    store = await harness.bus.jetstream.object_store("CODE")
    await store.delete(digest)
    async with reads.replaying():
        ended = await reads.ended(await reads.replay(version=THEN))
    assert (ended.published, reasons(ended.skipped)) == (0, {"CODE_GONE": 1})
    assert (await reads.dead())[0].replayed_as == ""


async def test_code_that_goes_on_the_way_fails_for_good(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a")

    def gone(_: Invocation) -> Result:
        raise NotFound("No code has the digest.", reason="CODE_NOT_FOUND")

    harness.executor.scripts["ins_a"] = gone
    async with reads.replaying(), harness.workers():
        await reads.ended(await reads.replay(version=THEN))
        await harness.drained()
    (again,) = await reads.list(status=DISCARDED)
    assert (again.reason, again.attempts) == ("INVALID_SETTINGS", 1)


async def test_a_replay_keeps_to_its_rate(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=6)
    began_s = time.monotonic()
    async with reads.replaying():
        ended = await reads.ended(await reads.replay(max_per_second=5))
    # The first is free; a bound from below cannot be missed by a slow machine.
    assert time.monotonic() - began_s >= 5 / 5
    assert (ended.max_per_second, ended.published) == (5, 6)


async def test_a_cancelled_replay_publishes_no_more(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=5)
    cancel = reads.stub.CancelReplay
    async with reads.replaying():
        begun = await reads.replay(max_per_second=1)

        async def is_under_way() -> bool:
            return (await reads.get(begun.replay_id)).published > 0

        await until(is_under_way)
        await cancel(replay_pb2.CancelReplayRequest(replay_id=begun.replay_id), metadata=person())
        ended = await reads.ended(begun)
        assert (ended.state, 0 < ended.published < 5) == (CANCELLED, True)
        # What was not published is there for another replay.
        rest = await reads.ended(await reads.replay())
        assert (rest.state, rest.published) == (FINISHED, 5 - ended.published)
    with pytest.raises(FailedPrecondition):
        await cancel(replay_pb2.CancelReplayRequest(replay_id=rest.replay_id), metadata=person())


async def test_refused_replays_keep_their_evidence(harness: Harness, reads: ReadSide) -> None:
    # More than the failures whose evidence is kept: each of them was a dead letter.
    await fail(harness, "a", events=600)
    harness.executor.scripts["ins_a"] = refusing
    async with reads.replaying(), harness.workers():
        await reads.ended(await reads.replay(max_per_second=HIGHEST_RATE))
        await harness.drained()
        harness.executor.scripts["ins_a"] = refusing
        ended = await reads.ended(await reads.replay(filter=FILTER(status=DISCARDED), max_per_second=HIGHEST_RATE))
    assert (ended.published, list(ended.skipped)) == (600, [])
