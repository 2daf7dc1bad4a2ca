"""`DeliveryService`: what became of the events of the caller's workspace, and another try for those that failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from penstock.access.v1 import access_pb2
from penstock.delivery.v1 import delivery_metrics_pb2 as metrics_contract
from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2_grpc as contract_grpc
from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import outcome_pb2
from services.delivery import inputs
from services.delivery.delivery_metrics import DeliveryMetrics
from services.delivery.metrics_inputs import asked, series_page, stats_minutes
from services.delivery.records import delivery_record, replay_record
from services.delivery.replays import Replays, Wanted
from services.delivery.selection import Filter
from services.delivery.store import Store
from shared.errors import InvalidArgument, NotFound
from shared.rpc.access import caller

_SEVERAL = 1000
_EVENT_PREFIX = "evt_"


class DeliveryService(contract_grpc.DeliveryServiceServicer):
    """Answers from the read models, begins replays and purges.

    `outcomes_behind` tells how many messages of OUTCOMES the read models miss, None when that is unknown; `on_begun` is
    called when a replay was begun.
    """

    def __init__(
        self,
        store: Store,
        replays: Replays,
        metrics: DeliveryMetrics,
        *,
        highest_rate: int,
        outcomes_behind: Callable[[], Awaitable[int | None]],
        on_begun: Callable[[], None],
    ) -> None:
        self._store = store
        self._replays = replays
        self._metrics = metrics
        self._highest_rate = highest_rate
        self._outcomes_behind = outcomes_behind
        self._on_begun = on_begun

    async def ListDeliveries(
        self, request: contract.ListDeliveriesRequest, context: Any
    ) -> contract.ListDeliveriesResponse:
        """List deliveries, the latest first."""
        size = inputs.page_size(request.page_size)
        # Asked first: what is folded meanwhile is shown, and counted as missing at worst.
        behind = await self._outcomes_behind()
        found = await self._store.deliveries(
            _actor().workspace_id,
            inputs.listed(request),
            before=inputs.read_token(request.page_token),
            limit=size + 1,
        )
        return contract.ListDeliveriesResponse(
            deliveries=[delivery_record(each) for each in found[:size]],
            next_page_token=inputs.make_token(found[size - 1].row.ordinal) if len(found) > size else "",
            outcomes_behind=behind,
        )

    async def GetDelivery(self, request: contract.GetDeliveryRequest, context: Any) -> contract.GetDeliveryResponse:
        """Give one delivery, by its own id or that of an event that has only one."""
        inputs.checked_text("delivery_id", request.delivery_id)
        found = await self._store.delivery(_actor().workspace_id, await self._resolve(request.delivery_id))
        if found is None:
            raise NotFound("There is no such delivery, or it was too long ago.", reason="DELIVERY_NOT_FOUND")
        shown, evidence = found
        return contract.GetDeliveryResponse(
            delivery=delivery_record(shown),
            evidence=outcome_pb2.Evidence.FromString(evidence) if evidence is not None else None,
        )

    async def GetDeliveryStats(
        self, request: contract.GetDeliveryStatsRequest, context: Any
    ) -> contract.GetDeliveryStatsResponse:
        """Sum up the counters."""
        from_minute, to_minute = stats_minutes(request)
        wanted = Filter(
            source_id=inputs.checked_text("source_id", request.source_id),
            destination_id=inputs.checked_text("destination_id", request.destination_id),
        )
        behind = await self._outcomes_behind()
        rows = await self._store.stats(_actor().workspace_id, wanted, from_minute=from_minute, to_minute=to_minute)
        return contract.GetDeliveryStatsResponse(
            counts=[
                contract.DeliveryCount(
                    stage=stage,
                    source_id=source_id,
                    destination_id=destination_id,
                    status=status,
                    reason=reason,
                    # PostgreSQL sums up to decimals.
                    count=int(count),
                    duplicates=int(duplicates),
                )
                for stage, source_id, destination_id, status, reason, count, duplicates in rows
            ],
            outcomes_behind=behind,
        )

    async def GetDeliveryMetrics(
        self, request: metrics_contract.GetDeliveryMetricsRequest, context: Any
    ) -> metrics_contract.GetDeliveryMetricsResponse:
        """Give counts over time."""
        wanted, (size, after) = asked(request), series_page(request)
        behind = await self._outcomes_behind()
        answer = await self._metrics.read(_actor().workspace_id, wanted, after=after, limit=size + 1)
        if len(answer.series) > size:
            del answer.series[size:]
            answer.next_page_token = inputs.make_token(after + size)
        if behind is not None:
            answer.outcomes_behind = behind
        return answer

    async def ReplayDeliveries(
        self, request: replay_pb2.ReplayDeliveriesRequest, context: Any
    ) -> replay_pb2.ReplayDeliveriesResponse:
        """Begin a replay, or count what it would be about."""
        wanted = self._wanted(request)
        if request.validate_only:
            counted = replay_pb2.Replay(matched=await self._replays.count(wanted), version=wanted.version)
            counted.max_per_second = wanted.max_per_second
            return replay_pb2.ReplayDeliveriesResponse(replay=counted)
        begun = await self._replays.begin(wanted)
        self._on_begun()
        return replay_pb2.ReplayDeliveriesResponse(replay=replay_record(begun))

    async def GetReplay(self, request: replay_pb2.GetReplayRequest, context: Any) -> replay_pb2.GetReplayResponse:
        """Give a replay with its progress."""
        replay_id = inputs.checked_text("replay_id", request.replay_id)
        found = await self._replays.get(_actor().workspace_id, replay_id)
        return replay_pb2.GetReplayResponse(replay=replay_record(found))

    async def ListReplays(self, request: replay_pb2.ListReplaysRequest, context: Any) -> replay_pb2.ListReplaysResponse:
        """List replays, the latest first."""
        size = inputs.page_size(request.page_size)
        before = inputs.checked_text("page_token", request.page_token)
        found = await self._replays.page(_actor().workspace_id, before=before, limit=size + 1)
        return replay_pb2.ListReplaysResponse(
            replays=[replay_record(each) for each in found[:size]],
            next_page_token=found[size - 1].replay_id if len(found) > size else "",
        )

    async def CancelReplay(
        self, request: replay_pb2.CancelReplayRequest, context: Any
    ) -> replay_pb2.CancelReplayResponse:
        """End a replay."""
        replay_id = inputs.checked_text("replay_id", request.replay_id)
        ended = await self._replays.cancel(_actor().workspace_id, replay_id)
        return replay_pb2.CancelReplayResponse(replay=replay_record(ended))

    async def PurgeDeliveries(
        self, request: replay_pb2.PurgeDeliveriesRequest, context: Any
    ) -> replay_pb2.PurgeDeliveriesResponse:
        """Remove failures with their evidence."""
        wanted = inputs.selected(request, replayed=None)
        purged = await self._store.purge(_actor().workspace_id, wanted, only_count=request.validate_only)
        return replay_pb2.PurgeDeliveriesResponse(purged=purged)

    def _wanted(self, request: replay_pb2.ReplayDeliveriesRequest) -> Wanted:
        actor = _actor()
        return Wanted(
            workspace_id=actor.workspace_id,
            token_id=actor.token_id,
            request=request,
            selection=inputs.selected(request, replayed=False),
            version=inputs.version(request),
            max_per_second=inputs.rate(request, highest=self._highest_rate),
            request_id=inputs.request_id(request.request_id),
        )

    async def _resolve(self, delivery_id: str) -> str:
        if not delivery_id.startswith(_EVENT_PREFIX):
            return delivery_id
        wanted = Filter(event_id=delivery_id)
        rows = await self._store.deliveries(_actor().workspace_id, wanted, before=None, limit=_SEVERAL)
        # What went no further than its source's function is that run.
        found = [each.row for each in rows if each.row.destination_id] or [each.row for each in rows]
        if len(found) > 1:
            raise InvalidArgument("The event has several deliveries; list them by it.", reason="SEVERAL_DELIVERIES")
        return found[0].delivery_id if found else ""


def _actor() -> access_pb2.Actor:
    actor = caller().actor
    if actor is None:
        raise NotFound("Only persons have deliveries.")
    return actor
