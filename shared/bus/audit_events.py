"""The audit trail as events of a source: Segment messages of the type `track`, in the log like any other event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.event.v1 import inbound_pb2
from shared.bus.frames import Publication
from shared.bus.message_ids import inbound_id
from shared.bus.subjects import inbox


def audit_event(
    *,
    entry_id: str,
    source_id: str,
    workspace_id: str,
    name: str,
    user_id: str,
    time: Timestamp,
    entry: Mapping[str, Any],
) -> inbound_pb2.InboundEvent:
    """Make the event of an entry: `name` is its `event`, the entry its `properties`.

    Its ids come from the entry's, so that one which is published again is known as the same all the way.
    """
    message = {
        "type": "track",
        "event": name,
        "messageId": entry_id,
        "userId": user_id,
        "timestamp": time.ToJsonString(),
        "properties": entry,
        "context": {"library": {"name": "penstock-audit"}},
    }
    return inbound_pb2.InboundEvent(
        event_id=f"evt_{entry_id.partition('_')[2]}",
        workspace_id=workspace_id,
        source_id=source_id,
        received_at=time,
        message=json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
    )


def audit_publication(event: inbound_pb2.InboundEvent, entry_id: str) -> Publication:
    """Make the message that has the event; INBOX takes each entry of a source once within two minutes."""
    return Publication(
        subject=inbox(event.workspace_id, event.source_id),
        payload=event.SerializeToString(),
        message_id=inbound_id(event.workspace_id, event.source_id, entry_id),
    )
