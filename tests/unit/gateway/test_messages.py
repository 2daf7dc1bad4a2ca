"""Which Segment messages are taken, and why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.messages import MessageRefused, check_message

SIZE = 32 * 1024
TRACK = {"type": "track", "event": "Ordered", "userId": "u"}


def refused(message: Any) -> str:
    try:
        check_message(json.dumps(message).encode(), size_bytes=SIZE)
    except MessageRefused as reason:
        return str(reason)
    return ""


@pytest.mark.parametrize(
    "message",
    [
        TRACK,
        TRACK | {"anonymousId": "a", "properties": {}, "context": None, "messageId": "m"},
        {"type": "identify", "anonymousId": "a", "traits": {"x": 1}},
        {"type": "page", "userId": "u"},
        {"type": "screen", "userId": "u", "name": "Home"},
        {"type": "group", "userId": "u", "groupId": "g"},
        {"type": "alias", "userId": "u", "previousId": "p"},
    ],
)
def test_taken(message: dict[str, Any]) -> None:
    assert refused(message) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": None}, "TYPE_UNKNOWN"),
        ({"type": "tracks"}, "TYPE_UNKNOWN"),
        ({"type": ["track"]}, "TYPE_UNKNOWN"),
        ({"userId": ""}, "NO_USER_OR_ANONYMOUS_ID"),
        ({"userId": 7}, "ID_NOT_STRING"),
        ({"anonymousId": {"a": 1}}, "ID_NOT_STRING"),
        ({"event": ""}, "EVENT_NOT_DEFINED"),
        ({"event": 1}, "EVENT_NOT_DEFINED"),
        ({"type": "group"}, "GROUP_ID_NOT_DEFINED"),
        ({"type": "alias"}, "PREVIOUS_ID_NOT_DEFINED"),
        ({"messageId": "m" * 101}, "MESSAGE_ID_INVALID"),
        ({"messageId": 5}, "MESSAGE_ID_INVALID"),
        ({"properties": [1]}, "PROPERTIES_NOT_OBJECT"),
        ({"traits": "x"}, "TRAITS_NOT_OBJECT"),
        ({"context": "x"}, "CONTEXT_NOT_OBJECT"),
        ({"integrations": [1]}, "INTEGRATIONS_NOT_OBJECT"),
        ({"properties": {"x": "y" * SIZE}}, "TOO_LARGE"),
    ],
)
def test_refused(change: dict[str, Any], reason: str) -> None:
    assert refused(TRACK | change) == reason


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 20_000, b'{"a": NaN}', "{}".encode("utf-16")])
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(MessageRefused, match="MALFORMED_JSON"):
        check_message(text, size_bytes=SIZE)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
fields = st.sampled_from([*TRACK, "messageId", "anonymousId", "properties", "traits", "integrations", "groupId"])


@given(st.one_of(st.dictionaries(fields, json_values), json_values, st.just(TRACK)))
def test_whatever_comes_is_taken_or_refused(message: Any) -> None:
    try:
        assert isinstance(check_message(json.dumps(message).encode(), size_bytes=SIZE), str)
    except MessageRefused:
        return
