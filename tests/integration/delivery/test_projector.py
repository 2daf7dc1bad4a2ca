"""Outcomes become rows exactly once, over both databases, and are answered to their own workspace alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2_grpc as contract_grpc
from penstock.event.v1 import outcome_pb2
from services.delivery.outcomes import Outcomes, id_of
from services.delivery.read_side import MIGRATIONS
from services.delivery.settings import ReadModelLimits
from services.delivery.store import Store
from shared.bus import Bus
from shared.database import Database, migrate
from shared.errors import InvalidArgument, NotFound
from tests.integration.delivery.harness import declare
from tests.integration.delivery.read_side import folded, person, projecting, serving_deliveries
from tests.nats import NatsServer
from tests.polling import until

LIMITS = ReadModelLimits(deliveries_per_workspace=1000, failures_per_destination=5, remembered_tries=100_000)
SUCCEEDED, RETRYING, EXHAUSTED = (
    outcome_pb2.STATUS_SUCCEEDED,
    outcome_pb2.STATUS_RETRYING,
    outcome_pb2.STATUS_EXHAUSTED,
)


def outcome(
    number: int,
    status: outcome_pb2.Status.ValueType = SUCCEEDED,
    *,
    attempt: int = 1,
    workspace: str = "ws_1",
    minute: int = 1000,
) -> outcome_pb2.Outcome:
    made = outcome_pb2.Outcome(
        event_id=f"evt_{number:05}",
        message_id=f"m{number}",
        workspace_id=workspace,
        source_id="src_1",
        destination_id="dst_1",
        stage=outcome_pb2.STAGE_DESTINATION,
        status=status,
        attempt=attempt,
        reason="" if status == SUCCEEDED else "RETRY",
        event_type="track",
        trace_id="0af7651916cd43dd8448eb211c80319c",
    )
    made.finished_at.seconds = minute * 60
    made.function.function_id, made.function.instance_id = "fn_1", "ins_1"
    made.function.usage.fuel = 10
    if status != SUCCEEDED:
        made.evidence.error.message = f"failure {attempt}"
    return made


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    async with Bus.open(nats_server.url, name="test") as bus:
        await declare(bus)
        yield bus


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    database = Database(url=database_url, schema="delivery")
    await migrate(database, versions=MIGRATIONS)
    yield Store(database, LIMITS)
    await database.close()


@pytest.fixture
async def service(store: Store, bus: Bus, tmp_path: Path) -> AsyncIterator[contract_grpc.DeliveryServiceAsyncStub]:
    async with serving_deliveries(store._database, store, bus, tmp_path) as stub:
        yield stub


async def counts(service: contract_grpc.DeliveryServiceAsyncStub, **wanted: Any) -> dict[str, tuple[int, int]]:
    stats = await service.GetDeliveryStats(contract.GetDeliveryStatsRequest(**wanted), metadata=person())
    return {outcome_pb2.Status.Name(each.status): (each.count, each.duplicates) for each in stats.counts}


async def test_counters_are_exact_whatever_comes_twice(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    outcomes = Outcomes(bus)
    async with projecting(bus, store):
        await outcomes.publish([outcome(1, RETRYING), outcome(2)])
        await folded(bus, store)
    # Repeats after a crash come in other groups, so the stream does not know them.
    await outcomes.publish([outcome(2), outcome(1, RETRYING)])
    await outcomes.publish([outcome(1, attempt=2), outcome(2, RETRYING)])
    async with projecting(bus, store):
        await folded(bus, store)
    assert await counts(service) == {"STATUS_SUCCEEDED": (2, 1), "STATUS_RETRYING": (1, 2)}


async def test_two_projectors_count_once(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    outcomes = Outcomes(bus)
    async with projecting(bus, store), projecting(bus, store):
        for number in range(100):
            await outcomes.publish([outcome(2 * number), outcome(2 * number + 1)])
        await folded(bus, store)
    assert await counts(service) == {"STATUS_SUCCEEDED": (200, 0)}


async def test_the_projector_outlives_the_server(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub, nats_server: NatsServer
) -> None:
    async with projecting(bus, store):
        await Outcomes(bus).publish([outcome(1)])
        await folded(bus, store)
        nats_server.kill()
        nats_server.start()
        await until(lambda: bus.is_connected)
        await Outcomes(bus).publish([outcome(2)])
        await folded(bus, store)
    assert await counts(service) == {"STATUS_SUCCEEDED": (2, 0)}


async def test_a_stream_made_anew_is_folded_from_its_beginning(bus: Bus, store: Store) -> None:
    async with projecting(bus, store):
        await Outcomes(bus).publish([outcome(1)])
        await Outcomes(bus).publish([outcome(2)])
        await folded(bus, store)
    await bus.jetstream.delete_stream("OUTCOMES")
    await declare(bus)
    await Outcomes(bus).publish([outcome(3)])
    async with projecting(bus, store):
        await folded(bus, store)


async def test_removed_outcomes_do_not_stop_the_projector(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    for number in range(1, 6):
        await Outcomes(bus).publish([outcome(number)])
    for sequence in (1, 3):
        await bus.jetstream.delete_msg("OUTCOMES", sequence)
    async with projecting(bus, store):
        await folded(bus, store)
    assert await counts(service) == {"STATUS_SUCCEEDED": (3, 0)}


async def test_a_delivery_shows_its_latest_state_and_last_failure(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    async with projecting(bus, store):
        await Outcomes(bus).publish([outcome(1, RETRYING)])
        await Outcomes(bus).publish([outcome(1, EXHAUSTED, attempt=2), outcome(2)])
        await folded(bus, store)
    page = await service.ListDeliveries(contract.ListDeliveriesRequest(), metadata=person())
    assert [(each.message_id, each.attempts) for each in page.deliveries] == [("m2", 1), ("m1", 2)]
    for name in ("evt_00001", id_of(outcome(1))):
        found = await service.GetDelivery(contract.GetDeliveryRequest(delivery_id=name), metadata=person())
        assert found.delivery.status == EXHAUSTED
        assert found.evidence.error.message == "failure 2"
    with pytest.raises(NotFound):
        await service.GetDelivery(contract.GetDeliveryRequest(delivery_id="evt_x"), metadata=person())


async def test_pages_and_filters(bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub) -> None:
    async with projecting(bus, store):
        await Outcomes(bus).publish([outcome(n, RETRYING if n % 2 else SUCCEEDED) for n in range(25)])
        await folded(bus, store)
    got: list[str] = []
    token = ""
    while True:
        request = contract.ListDeliveriesRequest(page_size=10, page_token=token)
        page = await service.ListDeliveries(request, metadata=person())
        got += [each.event_id for each in page.deliveries]
        token = page.next_page_token
        if not token:
            break
    assert got == [f"evt_{n:05}" for n in reversed(range(25))]
    request = contract.ListDeliveriesRequest(status=RETRYING, event_id="evt_00003", destination_id="dst_1")
    page = await service.ListDeliveries(request, metadata=person())
    assert [each.event_id for each in page.deliveries] == ["evt_00003"]
    for bad in ("!", "eA=="):
        with pytest.raises(InvalidArgument):
            await service.ListDeliveries(contract.ListDeliveriesRequest(page_token=bad), metadata=person())


async def test_stats_of_a_time(bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub) -> None:
    async with projecting(bus, store):
        await Outcomes(bus).publish([outcome(n, minute=n) for n in range(10, 20)])
        await folded(bus, store)
    assert await counts(service, start_time={"seconds": 12 * 60}, end_time={"seconds": 15 * 60}) == {
        "STATUS_SUCCEEDED": (3, 0)
    }


async def test_an_empty_list_right_after_a_publish_says_that_it_is_behind(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub, nats_server: NatsServer
) -> None:
    await Outcomes(bus).publish([outcome(1)])
    behind = await service.ListDeliveries(contract.ListDeliveriesRequest(), metadata=person())
    assert (len(behind.deliveries), behind.outcomes_behind) == (0, 1)
    async with projecting(bus, store):
        await folded(bus, store)
    page = await service.ListDeliveries(contract.ListDeliveriesRequest(), metadata=person())
    assert (len(page.deliveries), page.outcomes_behind, page.HasField("outcomes_behind")) == (1, 0, True)
    nats_server.kill()
    await until(lambda: not bus.is_connected)
    page = await service.ListDeliveries(contract.ListDeliveriesRequest(), metadata=person())
    assert (len(page.deliveries), page.HasField("outcomes_behind")) == (1, False)
    nats_server.start()
    await until(lambda: bus.is_connected)


async def test_counters_say_that_they_are_behind(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    await Outcomes(bus).publish([outcome(1)])
    behind = await service.GetDeliveryStats(contract.GetDeliveryStatsRequest(), metadata=person())
    assert (len(behind.counts), behind.outcomes_behind) == (0, 1)
    async with projecting(bus, store):
        await folded(bus, store)
    exact = await service.GetDeliveryStats(contract.GetDeliveryStatsRequest(), metadata=person())
    assert (len(exact.counts), exact.outcomes_behind, exact.HasField("outcomes_behind")) == (1, 0, True)


async def test_no_rpc_answers_across_workspaces(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    async with projecting(bus, store):
        await Outcomes(bus).publish([outcome(1, EXHAUSTED)])
        await folded(bus, store)
    other = person("ws_2")
    assert not (await service.ListDeliveries(contract.ListDeliveriesRequest(), metadata=other)).deliveries
    assert not (await service.GetDeliveryStats(contract.GetDeliveryStatsRequest(), metadata=other)).counts
    for name in ("evt_00001", id_of(outcome(1))):
        with pytest.raises(NotFound):
            await service.GetDelivery(contract.GetDeliveryRequest(delivery_id=name), metadata=other)


async def test_old_deliveries_go_and_dead_letters_stay(
    bus: Bus, store: Store, service: contract_grpc.DeliveryServiceAsyncStub
) -> None:
    dead = [outcome(n, EXHAUSTED) for n in range(10)]
    async with projecting(bus, store):
        await Outcomes(bus).publish(dead)
        for start in range(10, 2510, 250):
            kinds = [RETRYING if n % 2 else SUCCEEDED for n in range(start, start + 250)]
            await Outcomes(bus).publish([outcome(start + n, kind) for n, kind in enumerate(kinds)])
        await folded(bus, store)
    request = contract.ListDeliveriesRequest(page_size=1000, status=EXHAUSTED)
    assert len((await service.ListDeliveries(request, metadata=person())).deliveries) == 10
    kept = await service.ListDeliveries(contract.ListDeliveriesRequest(page_size=1000), metadata=person())
    assert kept.deliveries[0].event_id == "evt_02509"
    last = await service.ListDeliveries(
        contract.ListDeliveriesRequest(page_size=1000, page_token=kept.next_page_token), metadata=person()
    )
    assert 0 < len(last.deliveries) <= LIMITS.deliveries_per_workspace
