"""`DeliveryService`: what became of the events of the caller's workspace."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2_grpc as contract_grpc
from penstock.event.v1 import outcome_pb2
from services.delivery.store import Filter, Store
from services.delivery.tables import Delivery
from shared.errors import FieldViolation, InvalidArgument, NotFound
from shared.rpc import caller

_PAGE = 50
_LARGEST_PAGE = 1000
_EVENT_PREFIX = "evt_"


class DeliveryService(contract_grpc.DeliveryServiceServicer):
    """Answers from the read models."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ListDeliveries(
        self, request: contract.ListDeliveriesRequest, context: Any
    ) -> contract.ListDeliveriesResponse:
        """List deliveries, the latest first."""
        size = min(request.page_size or _PAGE, _LARGEST_PAGE)
        if size < 0:
            raise _invalid("page_size", "must not be negative")
        found = await self._store.deliveries(
            _workspace(),
            Filter(request.status, request.source_id, request.destination_id, request.event_id),
            before=_read_token(request.page_token),
            limit=size + 1,
        )
        return contract.ListDeliveriesResponse(
            deliveries=[_record(row) for row in found[:size]],
            next_page_token=_make_token(found[size - 1].ordinal) if len(found) > size else "",
        )

    async def GetDelivery(self, request: contract.GetDeliveryRequest, context: Any) -> contract.GetDeliveryResponse:
        """Give one delivery, by its own id or that of an event that has only one."""
        found = await self._store.delivery(_workspace(), await self._resolve(request.delivery_id))
        if found is None:
            raise NotFound("There is no such delivery, or it was too long ago.", reason="DELIVERY_NOT_FOUND")
        row, evidence = found
        return contract.GetDeliveryResponse(
            delivery=_record(row), evidence=outcome_pb2.Evidence.FromString(evidence) if evidence is not None else None
        )

    async def GetDeliveryStats(
        self, request: contract.GetDeliveryStatsRequest, context: Any
    ) -> contract.GetDeliveryStatsResponse:
        """Sum up the counters."""
        rows = await self._store.stats(
            _workspace(),
            Filter(source_id=request.source_id, destination_id=request.destination_id),
            from_minute=request.start_time.seconds // 60 if request.HasField("start_time") else None,
            to_minute=-(-request.end_time.seconds // 60) if request.HasField("end_time") else None,
        )
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
            ]
        )

    async def _resolve(self, delivery_id: str) -> str:
        if not delivery_id.startswith(_EVENT_PREFIX):
            return delivery_id
        wanted = Filter(event_id=delivery_id)
        rows = await self._store.deliveries(_workspace(), wanted, before=None, limit=_LARGEST_PAGE)
        # What went no further than its source's function is that run.
        found = [row for row in rows if row.destination_id] or rows
        if len(found) > 1:
            raise InvalidArgument("The event has several deliveries; list them by it.", reason="SEVERAL_DELIVERIES")
        return found[0].delivery_id if found else ""


def _workspace() -> str:
    actor = caller().actor
    if actor is None:
        raise NotFound("Only persons have deliveries.")
    return actor.workspace_id


def _record(row: Delivery) -> contract.DeliveryRecord:
    return contract.DeliveryRecord(
        delivery_id=row.delivery_id,
        event_id=row.event_id,
        message_id=row.message_id,
        source_id=row.source_id,
        destination_id=row.destination_id,
        status=outcome_pb2.Status.Name(row.status),  # type: ignore[arg-type]
        reason=row.reason,
        attempts=row.attempts,
        event_type=row.event_type,
        event_name=row.event_name,
        received_at=_time(row.received_us),
        updated_at=_time(row.updated_us),
        next_attempt_at=_time(row.next_attempt_us) if row.next_attempt_us else None,
        trace_id=row.trace_id,
    )


def _time(microseconds: int) -> Timestamp:
    made = Timestamp()
    made.FromMicroseconds(microseconds)
    return made


def _make_token(ordinal: int) -> str:
    return base64.urlsafe_b64encode(str(ordinal).encode()).decode()


def _read_token(token: str) -> int | None:
    if not token:
        return None
    try:
        return int(base64.urlsafe_b64decode(token)[:19])
    except (ValueError, binascii.Error):
        raise _invalid("page_token", "is not one that this service gave") from None


def _invalid(field: str, description: str) -> InvalidArgument:
    return InvalidArgument(f"{field} {description}", violations=[FieldViolation(field, description)])
