"""Rows as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import delivery_service_pb2, replay_pb2
from penstock.event.v1 import outcome_pb2
from services.delivery.store import Shown
from services.delivery.tables import Replay


def delivery_record(shown: Shown) -> delivery_service_pb2.DeliveryRecord:
    """Show where a delivery stands."""
    row = shown.row
    return delivery_service_pb2.DeliveryRecord(
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
        replay=row.replay,
        replay_of=shown.replay_of or "",
        replayed_as=shown.replayed_as or "",
        version_id=row.version_id,
    )


def replay_record(row: Replay) -> replay_pb2.Replay:
    """Show how far a replay is."""
    request = replay_pb2.ReplayDeliveriesRequest.FromString(row.request)
    shown = replay_pb2.Replay(
        replay_id=row.replay_id,
        state=replay_pb2.ReplayState.Name(row.state),  # type: ignore[arg-type]
        version=replay_pb2.ReplayVersion.Name(row.version),  # type: ignore[arg-type]
        max_per_second=row.max_per_second,
        matched=row.matched,
        published=row.published,
        skipped=_counts(row.skipped),
        failed=_counts(row.failed),
        waiting_for=row.waiting_for,
        token_id=row.token_id,
        create_time=_time(row.created_us),
        update_time=_time(row.updated_us),
        finish_time=_time(row.finished_us) if row.finished_us else None,
    )
    if request.HasField("ids"):
        shown.ids.CopyFrom(request.ids)
    else:
        shown.filter.CopyFrom(request.filter)
    return shown


def _counts(counts: Mapping[str, int]) -> list[replay_pb2.ReasonCount]:
    return [replay_pb2.ReasonCount(reason=reason, count=count) for reason, count in sorted(counts.items())]


def _time(microseconds: int) -> Timestamp:
    made = Timestamp()
    made.FromMicroseconds(microseconds)
    return made
