"""What is filled into messages: the same at each repeat, and nothing of the sender's is changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.event.v1 import inbound_pb2
from services.delivery.segment import complete_message, event_name

EVENT = inbound_pb2.InboundEvent(event_id="evt_1")
EVENT.received_at.FromJsonString("2026-11-21T10:00:10.000Z")
RECEIVED = "2026-11-21T10:00:10.000Z"


def complete(message: Any, number: int = 0) -> dict[str, Any]:
    return complete_message(json.dumps(message).encode(), EVENT, number)


def test_what_is_absent_is_filled_in() -> None:
    assert complete({"type": "track"}, 3) == {
        "type": "track",
        "messageId": "evt_1-3",
        "receivedAt": RECEIVED,
        "timestamp": RECEIVED,
        "originalTimestamp": RECEIVED,
    }


def test_a_senders_wrong_clock_is_corrected() -> None:
    sent = {"timestamp": "2026-11-21T12:00:00.000Z", "sentAt": "2026-11-21T12:00:04.000Z", "messageId": "m"}
    message = complete(sent)
    assert message["originalTimestamp"] == sent["timestamp"]
    assert message["timestamp"] == "2026-11-21T10:00:06.000Z"
    assert message["messageId"] == "m"


@pytest.mark.parametrize("time", ["yesterday", 7, None, "0001-01-01T00:00:00+14:00"])
def test_times_that_cannot_be_read_are_left(time: Any) -> None:
    message = complete({"timestamp": time, "sentAt": "9999-12-31T23:59:59-14:00"})
    assert message["receivedAt"] == RECEIVED


@pytest.mark.parametrize("text", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        complete_message(text, EVENT, 0)


@given(
    st.dictionaries(
        st.sampled_from(["messageId", "timestamp", "sentAt", "originalTimestamp", "receivedAt", "event"]),
        st.none() | st.integers() | st.text(max_size=120) | st.datetimes().map(lambda t: t.isoformat()),
    )
)
def test_completing_is_repeatable_and_keeps_what_was_sent(message: dict[str, Any]) -> None:
    first, second = complete(message), complete(message)
    assert first == second
    assert 0 < len(first["messageId"]) <= 100
    assert {"timestamp", "originalTimestamp", "receivedAt"} <= set(first)
    assert first.get("event") == message.get("event")
    if "originalTimestamp" in message:
        assert first["originalTimestamp"] == message["originalTimestamp"]


def test_names() -> None:
    assert event_name({"type": "track", "event": "x" * 300}) == "x" * 200
    assert event_name({"type": "page", "name": "Home", "event": "no"}) == "Home"
    assert event_name({"type": "track", "event": 5}) == ""
