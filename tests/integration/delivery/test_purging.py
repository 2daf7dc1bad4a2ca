"""Purging removes failures with their evidence, and nothing else."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import select

from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import outcome_pb2
from services.delivery.tables import Evidence
from tests.integration.delivery.dead_letters import DISCARDED, Crm, fail, refusing
from tests.integration.delivery.harness import Harness
from tests.integration.delivery.read_side import ReadSide, folded, person

FILTER, IDS = replay_pb2.DeliveryFilter, replay_pb2.DeliveryIds


async def evidence_rows(reads: ReadSide) -> int:
    async with reads.database.read() as session:
        return (await session.scalars(select(func.count()).select_from(Evidence))).one()


async def exhausted_count(reads: ReadSide) -> int:
    stats = await reads.stub.GetDeliveryStats(contract.GetDeliveryStatsRequest(), metadata=person())
    return sum(each.count for each in stats.counts if each.status == outcome_pb2.STATUS_EXHAUSTED)


async def test_dead_letters_go_with_their_evidence_and_counters_stay(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", "b", events=600)
    everything = len(await reads.list(status=outcome_pb2.STATUS_SUCCEEDED))
    to_a = FILTER(destination_id="dst_a")
    assert await reads.purge(filter=to_a, validate_only=True) == 600
    assert len(await reads.dead(destination_id="dst_a")) == 600
    assert await reads.purge(filter=to_a) == 600
    assert await reads.purge(filter=to_a) == 0
    assert not await reads.dead(destination_id="dst_a")
    assert len(await reads.dead(destination_id="dst_b")) == await evidence_rows(reads) == 600
    assert await exhausted_count(reads) == 1200
    assert len(await reads.list(status=outcome_pb2.STATUS_SUCCEEDED)) == everything
    # A late repeat of an outcome does not bring it back.
    late = next(each for each in await harness.outcomes() if each.destination_id == "dst_a")
    batch = outcome_pb2.OutcomeBatch(outcomes=[late]).SerializeToString()
    await harness.bus.jetstream.publish("outcomes.ws_1", batch)
    await folded(reads.bus, reads.store)
    assert not await reads.dead(destination_id="dst_a")


async def test_named_ones_go_as_far_as_they_have_failed(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=3)
    first, *_ = await reads.dead()
    fine = (await reads.list(status=outcome_pb2.STATUS_SUCCEEDED))[0]
    ids = IDS(delivery_ids=[first.delivery_id, fine.delivery_id, "dlv_unknown"])
    assert await reads.purge(ids=ids) == 1
    assert len(await reads.dead()) == 2
    assert fine.delivery_id in [each.delivery_id for each in await reads.list()]


async def test_discarded_ones_go_when_asked_for(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", script=refusing)
    assert await reads.purge(filter=FILTER()) == 0
    assert await reads.purge(filter=FILTER(status=DISCARDED, reason="BAD_REQUEST")) == 1
    assert not await reads.list(status=DISCARDED)


async def test_a_replay_outlives_the_dead_letter_that_it_was_made_of(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a")
    harness.executor.scripts["ins_a"] = Crm()
    async with reads.replaying(), harness.workers():
        await reads.ended(await reads.replay())
        await harness.drained()
    (dead,) = await reads.dead()
    assert await reads.purge(filter=FILTER()) == 1
    (again,) = await reads.list(destination_id="dst_a")
    assert (again.replay_of, again.status) == (dead.delivery_id, outcome_pb2.STATUS_SUCCEEDED)
