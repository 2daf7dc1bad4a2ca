"""What a handler's returned value means where it is more than shown: for insert functions and for `onBatch`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from services.executor.results import BatchEntry, ErrorKind, FunctionError, FunctionKind

STATUSES = range(100, 600)
MAX_MESSAGE = 4096
BATCH_HANDLER = "onBatch"
_NOTHING = (b"", b"null")
_DROPPED = FunctionError(ErrorKind.DROPPED, "DropEvent", "The function returned nothing, so nothing is passed on.")


class WrongReturnError(Exception):
    """What the handler returned means nothing here; `error` is what the author is told."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.error = FunctionError(ErrorKind.BAD_REQUEST, "TypeError", message)


class DroppedError(WrongReturnError):
    """An insert function returned nothing."""

    def __init__(self) -> None:
        super().__init__(_DROPPED.message)
        self.error = _DROPPED


def entries_of(kind: FunctionKind, handler: str, payload: bytes, returned: bytes) -> list[BatchEntry]:
    """Give what was told of each event of a batch, an empty list where nothing was.

    Raises DroppedError, and WrongReturnError for what no event can be gone on with.
    """
    if kind.is_insert:
        if returned in _NOTHING:
            raise DroppedError
        return _passed(payload, returned) if handler == BATCH_HANDLER else _checked_event(returned)
    return _statuses(payload, returned) if handler == BATCH_HANDLER and returned[:1] == b"[" else []


def _checked_event(returned: bytes) -> list[BatchEntry]:
    if returned[:1] != b"{":
        raise WrongReturnError(
            f"An insert function returns the event, or nothing to drop it; this one returned {_named(_read(returned))}."
        )
    return []


# --- what an insert function passes on --------------------------------------------------------------------------------
def _passed(payload: bytes, returned: bytes) -> list[BatchEntry]:
    events, passed = cast("list[Any]", json.loads(payload)), _read(returned)
    if not isinstance(passed, list):
        raise WrongReturnError(f"onBatch of an insert function returns a list of events, not {_named(passed)}.")
    passed = cast("list[Any]", passed)
    if len(passed) > len(events):
        raise WrongReturnError(f"onBatch returned {len(passed):,} events for {len(events):,}: one each at most.")
    for index, event in enumerate(passed):
        if event is not None and not isinstance(event, dict):
            raise WrongReturnError(f"onBatch of an insert function returned {_named(event)} as entry {index}.")
    return [_entry(event) for event in _by_place(events, passed)]


def _by_place(events: Sequence[Any], passed: Sequence[Any]) -> Sequence[Any]:
    """Give what is passed on for each event: by index, but of a shorter list by `messageId` where all tell theirs."""
    if len(passed) == len(events):
        return passed
    return _by_message_id(events, passed) or [*passed, *[None] * (len(events) - len(passed))]


def _by_message_id(events: Sequence[Any], passed: Sequence[Any]) -> list[Any] | None:
    left = [event for event in passed if event is not None]
    placed: list[Any] = []
    for event in events:
        is_next = bool(left) and _message_id(event) is not None and _message_id(left[0]) == _message_id(event)
        placed.append(left.pop(0) if is_next else None)
    return None if left else placed


def _message_id(event: Any) -> Any:
    return cast("dict[str, Any]", event).get("messageId") if isinstance(event, dict) else None


def _entry(event: Any) -> BatchEntry:
    return BatchEntry() if event is None else BatchEntry(event=json.dumps(event, separators=(",", ":")).encode())


# --- what a destination function tells of each event ------------------------------------------------------------------
def _statuses(payload: bytes, returned: bytes) -> list[BatchEntry]:
    entries = cast("list[Any]", _read(returned))
    if not any(map(_has_status, entries)):
        return []  # Whatever was returned, it does not speak of the events.
    events = len(cast("list[Any]", json.loads(payload)))
    if len(entries) != events:
        raise WrongReturnError(f"onBatch returned {len(entries):,} statuses for {events:,} events: one for each.")
    return [_status(index, entry) for index, entry in enumerate(entries)]


def _has_status(entry: Any) -> bool:
    """Tell whether an entry means a status, right or wrong; answers of servers have a `status` such as "ok"."""
    status = cast("dict[str, Any]", entry).get("status") if isinstance(entry, dict) else None
    is_number = isinstance(status, int | float) and not isinstance(status, bool)
    return is_number or (isinstance(status, str) and status.isdecimal())


def _status(index: int, entry: Any) -> BatchEntry:
    if entry is None:
        return BatchEntry(status=200)
    fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    status, message = fields.get("status"), fields.get("errormessage")
    if isinstance(status, bool) or not isinstance(status, int) or status not in STATUSES:
        raise WrongReturnError(
            f"onBatch returned {json.dumps(entry)[:200]} as entry {index}, which has no HTTP status."
        )
    return BatchEntry(status=status, message=_text(message)[:MAX_MESSAGE])


def _text(message: Any) -> str:
    if message is None:
        return ""
    return message.encode(errors="replace").decode() if isinstance(message, str) else json.dumps(message)


def _read(returned: bytes) -> Any:
    try:
        return json.loads(returned)
    except (ValueError, RecursionError):
        raise WrongReturnError("What the handler returned is nested too deep.") from None


def _named(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else json.dumps(value)[:100]
