"""Times that clients send, as ISO 8601 has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BeforeValidator, WithJsonSchema


def _read(value: Any) -> datetime:
    """Read a time; one without an offset is UTC. Raises ValueError."""
    try:
        time = datetime.fromisoformat(str(value).upper())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time as `2026-11-01T18:38:01.349Z`") from None


Time = Annotated[datetime, BeforeValidator(_read), WithJsonSchema({"type": "string", "format": "date-time"})]


def timestamp(time: datetime | None) -> Timestamp | None:
    """Give a time as rpcs take it."""
    if time is None:
        return None
    made = Timestamp()
    made.FromDatetime(time)
    return made
