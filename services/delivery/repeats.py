"""What a failure is replayed as: the same event under a number of its own, with its own ids, in the same trace."""

from __future__ import annotations

import time
from collections.abc import Mapping
from copy import deepcopy

from penstock.event.v1 import delivery_pb2, inbound_pb2, outcome_pb2
from services.delivery.tables import Delivery
from services.delivery.trials import timestamp
from shared.bus import Publication
from shared.bus.message_ids import delivery_id, delivery_message_id, inbound_id
from shared.bus.subjects import DELIVERIES, INBOX, deliveries, inbox

Event = delivery_pb2.Delivery | inbound_pb2.InboundEvent


def event_of(evidence: bytes | None) -> Event | None:
    """Give the event that a failure's evidence kept, if it kept one."""
    kept = outcome_pb2.Evidence.FromString(evidence or b"")
    if kept.HasField("delivery"):
        return kept.delivery
    return kept.inbound if kept.HasField("inbound") else None


def numbered(event: Event, number: int, *, version_of: Delivery | None) -> Event:
    """Give the event as replay `number`, to run with the version of a failure, or with that of now."""
    repeat = deepcopy(event)
    repeat.replay = number
    repeat.version_id = version_of.version_id if version_of else ""
    repeat.code_digest = version_of.code_digest if version_of else ""
    if isinstance(repeat, delivery_pb2.Delivery):
        # The retry period counts from here.
        repeat.routed_at.CopyFrom(timestamp(time.time_ns()))
    return repeat


def id_of(event: Event) -> str:
    """Name the delivery or source run that an event becomes."""
    if isinstance(event, inbound_pb2.InboundEvent):
        return delivery_id(event.event_id, replay=event.replay)
    return delivery_id(event.event_id, event.message_id, event.destination_id, event.replay)


def place_of(row: Delivery) -> tuple[str, str]:
    """Give stream and subject that a failure goes into again: those of its own workspace and destination or source."""
    if row.destination_id:
        return DELIVERIES, deliveries(row.workspace_id, row.destination_id)
    return INBOX, inbox(row.workspace_id, row.source_id)


def message_id_of(event: Event) -> str:
    """Give what the stream drops repeats of a replay by."""
    if isinstance(event, inbound_pb2.InboundEvent):
        return inbound_id(event.workspace_id, event.source_id, event.event_id, event.replay)
    return delivery_message_id(
        event.workspace_id, event.source_id, event.message_id, event.destination_id, event.replay
    )


def publication(row: Delivery, event: Event, headers: Mapping[str, str]) -> Publication:
    """Make the message that sends a failure on its way again."""
    return Publication(
        subject=place_of(row)[1],
        payload=event.SerializeToString(),
        message_id=message_id_of(event),
        headers=headers,
    )
