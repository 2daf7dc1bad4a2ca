"""Ids that streams drop repeats by, and the ids derived from them.

A stream's message ids are one name space for all tenants, so each carries workspace and source: nobody can drop
another's events by guessing. Parts that tenants choose are percent-encoded, so that no two different tuples give one id
and no character of theirs can end a header.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote

_DIGEST_BYTES = 16
# What `quote` would leave as it is, which is nearly every id.
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")


def inbound_id(workspace_id: str, source_id: str, message_id: str, replay: int = 0) -> str:
    """Id of an event in INBOX; `message_id` is the sender's, or the event's own id where there is none.

    Replays have the event's own id and their number.
    """
    accepted = f"{workspace_id}:{source_id}:{_quoted(message_id)}"
    return f"{accepted}:r{replay}" if replay else accepted


def delivery_message_id(workspace_id: str, source_id: str, message_id: str, destination_id: str, replay: int) -> str:
    """Id of a delivery in DELIVERIES; each replay is a message of its own."""
    routed = f"{inbound_id(workspace_id, source_id, message_id)}:{destination_id}"
    return f"{routed}:r{replay}" if replay else routed


def numbered_message_id(event_id: str, number: int) -> str:
    """`messageId` of the `number`-th message (from 0) of an event's run: a repeated run repeats its ids."""
    return f"{event_id}-{number}"


def delivery_id(event_id: str, message_id: str = "", destination_id: str = "", replay: int = 0) -> str:
    """Name of a delivery over all its tries, `dlv_…`; without message and destination that of the source run."""
    return "dlv_" + _digest(event_id, _quoted(message_id), destination_id, str(replay))


def outcomes_id(tries: Iterable[tuple[str, int, int]]) -> str:
    """Id of a message in OUTCOMES from the delivery id, number of the try and status of all outcomes in it.

    A try that is repeated after a crash and ends otherwise than before is news.
    """
    return _digest(*(f"{delivery}:{attempt}:{status}" for delivery, attempt, status in tries))


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    # Lone surrogates come in with JSON escapes and must not fail here.
    return quote(text, safe="", errors="surrogatepass")


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
