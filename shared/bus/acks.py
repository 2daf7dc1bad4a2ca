"""What JetStream answers to a publication."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidArgument, PenstockError, ResourceExhausted, Unavailable

_STORE_FAILED = 10077
_MESSAGE_TOO_LARGE = 10054
# The server's disk is used up, or what the account may have of it.
_NO_RESOURCES = frozenset({10002, 10023, 10047})
_PER_SUBJECT = "maximum messages per subject"
_BACKLOG_RETRY_S = 5.0
_UNREACHABLE_RETRY_S = 1.0
# Nearly every ack looks like this.
_PLAIN = re.compile(rb'\{"stream":"[^"]*", ?"seq":(\d+)\}')


@dataclass(frozen=True, slots=True)
class Ack:
    """The stream has the message, at this sequence; `duplicate` when it had it already.

    `total` is what a counter came to; None for other messages, and for duplicates.
    """

    sequence: int
    duplicate: bool
    total: int | None = None


def read_ack(payload: bytes) -> Ack | PenstockError:
    """Read an ack, or why there is none."""
    plain = _PLAIN.fullmatch(payload)
    if plain:
        return Ack(int(plain[1]), duplicate=False)
    if not payload:
        return unreachable("No stream takes this subject: JetStream is starting, or not set up.")
    try:
        answer: dict[str, Any] = json.loads(payload)
        if "error" in answer:
            return _refusal(answer["error"])
        total = int(answer["val"]) if "val" in answer else None
        return Ack(sequence=answer["seq"], duplicate=answer.get("duplicate", False), total=total)
    except (ValueError, LookupError, TypeError, AttributeError):
        return unreachable("JetStream's answer cannot be read.")


def unreachable(message: str) -> Unavailable:
    """Make the error of a message that was perhaps not stored."""
    return Unavailable(message, reason="LOG_UNAVAILABLE", retry_delay_s=_UNREACHABLE_RETRY_S)


def backlog_full() -> ResourceExhausted:
    """Make the error of a source or destination for which as much waits as may."""
    return ResourceExhausted(
        "As much waits here already as may.", reason="BACKLOG_FULL", retry_delay_s=_BACKLOG_RETRY_S
    )


def _refusal(error: Mapping[str, Any]) -> PenstockError:
    description = str(error.get("description", ""))
    match error.get("err_code"):
        case code if code == _STORE_FAILED and description.startswith(_PER_SUBJECT):
            return backlog_full()
        case code if code in _NO_RESOURCES or (code == _STORE_FAILED and description.startswith("maximum")):
            return Unavailable(f"The log is full: {description}.", reason="LOG_FULL", retry_delay_s=_BACKLOG_RETRY_S)
        case code if code == _MESSAGE_TOO_LARGE:
            return InvalidArgument("The message is larger than its stream takes.", reason="TOO_LARGE")
        case _:
            return unreachable(f"JetStream refused: {description}")
