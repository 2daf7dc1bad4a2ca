"""Pages of lists: tokens that say where the next page begins, and pages that fit into a message."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TypeVar, cast

from google.protobuf.message import Message

from services.registry.validation import refuse
from shared.errors import FieldViolation

DEFAULT_PAGE_SIZE = 200
MAX_PAGE_SIZE = 1000
# Half of what a message may be, since the last item can be as large as one.
MAX_PAGE_BYTES = 8 * 1024 * 1024

_MAX_DIGITS = 9

M = TypeVar("M", bound=Message)


def page_size(asked: int) -> int:
    """Give the size of a page: the default for 0, never more than the limit. Raises InvalidArgument below 0."""
    if asked < 0:
        refuse(FieldViolation("page_size", "is negative"))
    return min(asked or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_token(after: str, *, query: str) -> str:
    """Make the token of the page after the item `after`; it works for the same `query` alone."""
    return base64.urlsafe_b64encode(json.dumps([query, after]).encode()).decode().rstrip("=")


def decode_token(token: str, *, query: str) -> str:
    """Give the item that the page comes after; empty for the first page. Raises InvalidArgument for a foreign token."""
    if not token:
        return ""
    parsed = _parse(token)
    if not isinstance(parsed, list) or parsed[:1] != [query] or not _is_place(cast("list[object]", parsed)):
        refuse(FieldViolation("page_token", "does not belong to this list; begin with an empty one"))
    return cast("str", parsed[1])


def decode_number(token: str, *, query: str) -> int:
    """Give the number that the page comes after; 0 for the first page. Raises InvalidArgument for a foreign token."""
    after = decode_token(token, query=query) or "0"
    if not after.isascii() or not after.isdecimal() or len(after) > _MAX_DIGITS:
        refuse(FieldViolation("page_token", "does not belong to this list; begin with an empty one"))
    return int(after)


def fitting(messages: Sequence[M]) -> Sequence[M]:
    """Give the first of the messages, as many as fit on a page by their bytes; at least one."""
    room = MAX_PAGE_BYTES
    for count, message in enumerate(messages):
        room -= message.ByteSize()
        if room < 0 and count:
            return messages[:count]
    return messages


def _is_place(parsed: list[object]) -> bool:
    return len(parsed) == len(("query", "after")) and isinstance(parsed[1], str) and "\0" not in parsed[1]


def _parse(token: str) -> object:
    try:
        return json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
