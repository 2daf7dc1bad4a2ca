"""What requests ask for, checked: each wrong field is named."""

from __future__ import annotations

import base64
import binascii

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.delivery.v1 import delivery_service_pb2, replay_pb2
from penstock.event.v1 import outcome_pb2
from services.delivery.selection import Filter
from shared.errors import FieldViolation, InvalidArgument

_PAGE = 50
_LARGEST_PAGE = 1000
_MOST_IDS = 1000
_LONGEST_TEXT = 200
_LONGEST_REQUEST_ID = 128
# The end of year 9999, as far as Timestamps go.
_LAST_SECOND = 253_402_300_799
_NANOSECONDS = 1_000_000_000
_DEFAULT_RATE = 100

_FAILED = (outcome_pb2.STATUS_DISCARDED, outcome_pb2.STATUS_EXHAUSTED)

Times = delivery_service_pb2.ListDeliveriesRequest | replay_pb2.DeliveryFilter
Selecting = replay_pb2.ReplayDeliveriesRequest | replay_pb2.PurgeDeliveriesRequest


def page_size(asked: int) -> int:
    """Give the size of a page, at most 1,000. Raises InvalidArgument below 0."""
    if asked < 0:
        raise invalid("page_size", "must not be negative")
    return min(asked or _PAGE, _LARGEST_PAGE)


def make_token(number: int) -> str:
    """Make the token of the page after the row with this number."""
    return base64.urlsafe_b64encode(str(number).encode()).decode()


def read_token(token: str) -> int | None:
    """Give the number that the page comes after; None for the first page. Raises InvalidArgument."""
    if not token:
        return None
    try:
        number = int(base64.urlsafe_b64decode(token)[:19])
    except (ValueError, binascii.Error):
        number = -1
    if number < 0:
        raise invalid("page_token", "is not one that this service gave")
    return number


def listed(request: delivery_service_pb2.ListDeliveriesRequest) -> Filter:
    """Give what a list asks for. Raises InvalidArgument."""
    return _filter(
        request,
        statuses=(request.status,) if request.status else (),
        replayed=request.replayed if request.HasField("replayed") else None,
    )


def selected(request: Selecting, *, replayed: bool | None) -> Filter:
    """Give what is to be replayed or purged: only what has failed for good. Raises InvalidArgument.

    `replayed` narrows a filter, but never named ids.
    """
    match request.WhichOneof("selection"):
        case "ids":
            return Filter(statuses=_FAILED, delivery_ids=_ids(request.ids))
        case "filter":
            status = request.filter.status or outcome_pb2.STATUS_EXHAUSTED
            if status not in _FAILED:
                raise invalid("filter.status", "must be STATUS_EXHAUSTED or STATUS_DISCARDED")
            return _filter(request.filter, statuses=(status,), replayed=replayed, root="filter.")
        case _:
            raise invalid("selection", "is missing: name ids, or a filter; an empty filter means all dead letters")


def rate(request: replay_pb2.ReplayDeliveriesRequest, *, highest: int) -> int:
    """Give how many a second may be replayed. Raises InvalidArgument above the highest."""
    if request.max_per_second > highest:
        raise invalid("max_per_second", f"must be at most {highest}")
    return request.max_per_second or min(_DEFAULT_RATE, highest)


def version(request: replay_pb2.ReplayDeliveriesRequest) -> replay_pb2.ReplayVersion.ValueType:
    """Give which code is to run. Raises InvalidArgument."""
    if request.version not in replay_pb2.ReplayVersion.values():
        raise invalid("version", "is unknown here")
    return request.version or replay_pb2.REPLAY_VERSION_NOW


def request_id(text: str) -> str | None:
    """Give the caller's id of a request, None where there is none. Raises InvalidArgument."""
    if len(text) > _LONGEST_REQUEST_ID or not (text.isascii() and text.isprintable()):
        raise invalid("request_id", f"may have up to {_LONGEST_REQUEST_ID} printable ASCII characters")
    return text or None


def checked_text(field: str, text: str) -> str:
    """Give a text to look for. Raises InvalidArgument for one that is nowhere, and that PostgreSQL refuses."""
    if len(text) > _LONGEST_TEXT or "\0" in text:
        raise invalid(field, f"may have up to {_LONGEST_TEXT} characters, and no zero character")
    return text


def check_time(field: str, time: Timestamp) -> None:
    """Raise InvalidArgument for a time that there is not."""
    if not (0 <= time.seconds <= _LAST_SECOND and 0 <= time.nanos < _NANOSECONDS):
        raise invalid(field, "is no time between the years 1970 and 9999")


def invalid(field: str, description: str) -> InvalidArgument:
    """Make the error for a wrong field."""
    return InvalidArgument(f"{field} {description}", violations=[FieldViolation(field, description)])


def _filter(request: Times, *, statuses: tuple[int, ...], replayed: bool | None, root: str = "") -> Filter:
    start_us, end_us = _time(request, "start_time", root), _time(request, "end_time", root)
    if start_us is not None and end_us is not None and start_us >= end_us:
        raise invalid(f"{root}end_time", "must be after start_time")
    names = ("source_id", "destination_id", "event_id", "reason", "event_type")
    texts = {name: checked_text(root + name, getattr(request, name)) for name in names}
    return Filter(statuses=statuses, start_us=start_us, end_us=end_us, replayed=replayed, **texts)


def _time(request: Times, field: str, root: str) -> int | None:
    if not request.HasField(field):  # pyright: ignore[reportArgumentType] each has both
        return None
    time: Timestamp = getattr(request, field)
    check_time(root + field, time)
    return time.ToMicroseconds()


def _ids(ids: replay_pb2.DeliveryIds) -> frozenset[str]:
    if not 0 < len(ids.delivery_ids) <= _MOST_IDS:
        raise invalid("ids.delivery_ids", f"must be 1 to {_MOST_IDS}")
    return frozenset(checked_text("ids.delivery_ids", each) for each in ids.delivery_ids)
