"""What the tracking API adds to a message on its way: ids and times that the sender left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from penstock.event.v1 import inbound_pb2
from shared.bus.message_ids import numbered_message_id

_MESSAGE_ID_CHARACTERS = 100
_NAME_CHARACTERS = 200


def complete_message(
    text: bytes, event: inbound_pb2.InboundEvent, number: int, *, message_id: str = ""
) -> dict[str, Any]:
    """Parse the `number`-th message of an event and fill in what is absent; `message_id` is the one that it had before.

    All that is filled in follows from the event, so that a run that is repeated repeats it. Raises ValueError when the
    text is no JSON object.
    """
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("A message is not a JSON object.")  # noqa: TRY004 it is a value of the outside
    message = cast("dict[str, Any]", message)
    found = message.get("messageId")
    if not isinstance(found, str) or not 0 < len(found) <= _MESSAGE_ID_CHARACTERS:
        message["messageId"] = message_id or numbered_message_id(event.event_id, number)
    _complete_times(message, event.received_at.ToNanoseconds())
    return message


def event_name(message: Mapping[str, Any]) -> str:
    """Give what people call the event: `event` of a track message, else `name`; at most 200 characters."""
    name = message.get("event") if message.get("type") == "track" else message.get("name")
    return name[:_NAME_CHARACTERS] if isinstance(name, str) else ""


def _complete_times(message: dict[str, Any], received_ns: int) -> None:
    received = datetime.fromtimestamp(received_ns // 1_000_000 / 1000, UTC)
    received_text = _iso(received)
    if "originalTimestamp" not in message:
        message["originalTimestamp"] = message.get("timestamp") or message.get("sentAt") or received_text
        message["timestamp"] = _corrected(message, received) or message["originalTimestamp"]
    message.setdefault("timestamp", message["originalTimestamp"])
    message.setdefault("receivedAt", received_text)


def _corrected(message: dict[str, Any], received: datetime) -> str | None:
    """When the event happened by our clock: what passed between event and sending is taken off the time of receipt."""
    sent, original = _parsed(message.get("sentAt")), _parsed(message["originalTimestamp"])
    try:
        return _iso(received - (sent - original)) if sent and original else None
    except OverflowError:
        return None


def _parsed(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
