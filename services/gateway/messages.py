"""What a Segment message must be to be taken: the checks of Segment's tracking API, with a reason for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from shared.strict_json import parse_json

_TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias"})
_MESSAGE_ID_CHARACTERS = 100


class MessageRefused(Exception):
    """A message that is not taken; the text is the stable reason."""


def check_message(text: bytes, *, size_bytes: int) -> str:
    """Give the `messageId` of a message, empty when it has none. Raises MessageRefused."""
    if len(text) > size_bytes:
        raise MessageRefused("TOO_LARGE")
    message = _parse(text)
    for reason, wrong in _CHECKS:
        if wrong(message):
            raise MessageRefused(reason)
    return message.get("messageId") or ""


def _parse(text: bytes) -> dict[str, Any]:
    try:
        message = parse_json(text)
    except ValueError:
        raise MessageRefused("MALFORMED_JSON") from None
    if not isinstance(message, dict):
        raise MessageRefused("NOT_AN_OBJECT")
    return cast("dict[str, Any]", message)


def _no_user(message: dict[str, Any]) -> bool:
    return not any(message.get(key) for key in ("userId", "anonymousId"))


def _id_not_string(message: dict[str, Any]) -> bool:
    return any(not isinstance(message.get(key) or "", str) for key in ("userId", "anonymousId"))


def _bad_message_id(message: dict[str, Any]) -> bool:
    found = message.get("messageId") or ""
    return not isinstance(found, str) or len(found) > _MESSAGE_ID_CHARACTERS


def _not_object(key: str, message: dict[str, Any]) -> bool:
    return not isinstance(message.get(key) or {}, dict)


def _missing_for(kind: str, key: str, message: dict[str, Any]) -> bool:
    return message["type"] == kind and (not isinstance(message.get(key), str) or not message[key])


_CHECKS: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("TYPE_UNKNOWN", lambda m: not isinstance(m.get("type"), str) or m["type"] not in _TYPES),
    ("ID_NOT_STRING", _id_not_string),
    ("NO_USER_OR_ANONYMOUS_ID", _no_user),
    ("MESSAGE_ID_INVALID", _bad_message_id),
    ("EVENT_NOT_DEFINED", lambda m: _missing_for("track", "event", m)),
    ("GROUP_ID_NOT_DEFINED", lambda m: _missing_for("group", "groupId", m)),
    ("PREVIOUS_ID_NOT_DEFINED", lambda m: _missing_for("alias", "previousId", m)),
    ("PROPERTIES_NOT_OBJECT", lambda m: _not_object("properties", m)),
    ("TRAITS_NOT_OBJECT", lambda m: _not_object("traits", m)),
    ("CONTEXT_NOT_OBJECT", lambda m: _not_object("context", m)),
    ("INTEGRATIONS_NOT_OBJECT", lambda m: _not_object("integrations", m)),
)
