"""Requests for replays and purges: what is refused, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.access.v1 import access_pb2
from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import replay_pb2
from shared.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PenstockError,
    PermissionDenied,
    ResourceExhausted,
)
from tests.executor import returned
from tests.integration.delivery.dead_letters import (
    FILTER,
    IDS,
    SUCCEEDED,
    fail,
)
from tests.integration.delivery.harness import Harness
from tests.integration.delivery.read_side import HIGHEST_RATE, ReadSide, person

BAD_REQUESTS: list[tuple[Any, type[PenstockError]]] = [
    (replay_pb2.ReplayDeliveriesRequest(), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(ids=IDS()), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(ids=IDS(delivery_ids=["dlv_x"] * 1001)), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(ids=IDS(delivery_ids=["dlv_x"])), NotFound),
    (replay_pb2.ReplayDeliveriesRequest(ids=IDS(delivery_ids=["\0"])), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(status=SUCCEEDED)), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(reason="x" * 201)), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(event_type="a\0b")), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(start_time=Timestamp(seconds=-1))), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(end_time=Timestamp(seconds=2**62))), InvalidArgument),
    (
        replay_pb2.ReplayDeliveriesRequest(
            filter=FILTER(start_time=Timestamp(seconds=2), end_time=Timestamp(seconds=2))
        ),
        InvalidArgument,
    ),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(), max_per_second=HIGHEST_RATE + 1), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(), request_id="\n"), InvalidArgument),
    (replay_pb2.ReplayDeliveriesRequest(filter=FILTER(), version=9), InvalidArgument),  # type: ignore[arg-type]
    (replay_pb2.GetReplayRequest(replay_id="rpl_x"), NotFound),
    (replay_pb2.GetReplayRequest(replay_id="\0"), InvalidArgument),
    (replay_pb2.CancelReplayRequest(replay_id="rpl_x"), NotFound),
    (replay_pb2.ListReplaysRequest(page_size=-1), InvalidArgument),
    (replay_pb2.PurgeDeliveriesRequest(), InvalidArgument),
    (replay_pb2.PurgeDeliveriesRequest(filter=FILTER(status=SUCCEEDED)), InvalidArgument),
    (contract.ListDeliveriesRequest(start_time=Timestamp(seconds=-1)), InvalidArgument),
    (contract.ListDeliveriesRequest(event_id="\0"), InvalidArgument),
    (contract.GetDeliveryRequest(delivery_id="\0"), InvalidArgument),
]


async def test_bad_requests_are_refused(reads: ReadSide) -> None:
    for request, error in BAD_REQUESTS:
        method = getattr(reads.stub, type(request).__name__.removesuffix("Request"))
        with pytest.raises(error):
            await method(request, metadata=person())


async def test_only_failures_can_be_replayed(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", script=lambda _: returned())
    *_, fine = await reads.list()
    with pytest.raises(FailedPrecondition, match="has not failed"):
        await reads.replay(ids=IDS(delivery_ids=[fine.delivery_id]))


async def test_a_workspace_has_only_so_many_unfinished_replays(reads: ReadSide) -> None:
    for _ in range(10):
        await reads.replay()
    with pytest.raises(ResourceExhausted):
        await reads.replay()
    assert (await reads.replay(workspace="ws_2")).replay_id


async def test_replays_are_listed_page_by_page(reads: ReadSide) -> None:
    begun = [(await reads.replay()).replay_id for _ in range(5)]
    got: list[str] = []
    token = ""
    while True:
        request = replay_pb2.ListReplaysRequest(page_size=2, page_token=token)
        page = await reads.stub.ListReplays(request, metadata=person())
        got += [each.replay_id for each in page.replays]
        token = page.next_page_token
        if not token:
            break
    assert sorted(got, reverse=True) == got
    assert set(got) == set(begun)


async def test_nobody_reaches_another_workspace(harness: Harness, reads: ReadSide) -> None:
    await fail(harness, "a", events=2)
    ids = IDS(delivery_ids=[each.delivery_id for each in await reads.dead()])
    begun = await reads.replay()
    other = person("ws_2")
    with pytest.raises(NotFound):
        await reads.replay(workspace="ws_2", ids=ids)
    with pytest.raises(NotFound):
        await reads.get(begun.replay_id, workspace="ws_2")
    with pytest.raises(NotFound):
        await reads.stub.CancelReplay(replay_pb2.CancelReplayRequest(replay_id=begun.replay_id), metadata=other)
    assert not (await reads.stub.ListReplays(replay_pb2.ListReplaysRequest(), metadata=other)).replays
    assert (await reads.replay(workspace="ws_2")).matched == 0
    assert await reads.purge(workspace="ws_2", ids=ids) == 0
    assert await reads.purge(workspace="ws_2", filter=FILTER()) == 0
    assert len(await reads.dead()) == 2
    assert not await reads.dead(workspace="ws_2")


async def test_readers_of_functions_may_not_replay(reads: ReadSide) -> None:
    reader = person("ws_1", access_pb2.ROLE_FUNCTIONS_READ_ONLY, access_pb2.ROLE_FUNCTIONS_ADMIN)
    for method, request in (
        (reads.stub.ReplayDeliveries, replay_pb2.ReplayDeliveriesRequest(filter=FILTER())),
        (reads.stub.PurgeDeliveries, replay_pb2.PurgeDeliveriesRequest(filter=FILTER())),
    ):
        call: Any = method
        with pytest.raises(PermissionDenied):
            await call(request, metadata=reader)
