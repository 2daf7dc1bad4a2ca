"""Pages of accesses: tokens that say where the next page begins, and for which list."""

from __future__ import annotations

import base64
import json

from shared.errors import FieldViolation, InvalidArgument

_DEFAULT_SIZE = 200
_MAX_SIZE = 1000
_MAX_NUMBER = 2**63


def page_size(asked: int) -> int:
    """Give the size of a page: the default for 0, never more than the limit. Raises InvalidArgument below 0."""
    if asked < 0:
        raise _invalid("page_size", "is negative")
    return min(asked or _DEFAULT_SIZE, _MAX_SIZE)


def encode_token(number: int, *, query: str) -> str:
    """Make the token of the page behind an item; it works for the same `query` alone."""
    return base64.urlsafe_b64encode(json.dumps([query, number]).encode()).decode()


def decode_token(token: str, *, query: str) -> int:
    """Give the number of the item that the page comes behind; 0 for the first page. Raises InvalidArgument."""
    if not token:
        return 0
    try:
        parsed: object = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        parsed = None
    match parsed:
        case [str(of), int(number)] if of == query and 0 < number < _MAX_NUMBER:
            return number
        case _:
            raise _invalid("page_token", "does not belong to this list; begin with an empty one")


def _invalid(field: str, problem: str) -> InvalidArgument:
    return InvalidArgument(f"{field} {problem}.", violations=[FieldViolation(field, problem)])
