from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.executor import wire
from services.executor.guest import GuestFaultError, Output
from services.executor.outside import Answer, OutgoingRequest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
RECORDS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("id", "method", "url", "headers", "body", "delay_ms"), JSON)
)


@settings(deadline=None)
@given(JSON | st.binary())
def test_any_output_is_read_or_refused(output: object) -> None:
    data = output if isinstance(output, bytes) else json.dumps(output).encode()
    with suppress(GuestFaultError):
        assert isinstance(wire.read_step(Output(data, b"")), wire.Step)


@settings(deadline=None)
@given(JSON | st.binary())
def test_any_outcome_of_the_top_level_is_read_or_refused(output: object) -> None:
    data = output if isinstance(output, bytes) else json.dumps(output).encode()
    with suppress(GuestFaultError):
        assert isinstance(wire.read_loaded(Output(data, b"")), wire.Loaded)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "time_ms", "level", "text", "a"]), JSON | st.floats()))
def test_any_record_is_read_or_refused(record: dict[str, object]) -> None:
    with suppress(GuestFaultError):
        assert isinstance(wire.log_line(record).text, str)
    with suppress(GuestFaultError):
        assert wire.record_id(record) > 0
    with suppress(GuestFaultError):
        json.loads(wire.message(record), parse_constant=pytest.fail)


@settings(deadline=None)
@given(RECORDS)
def test_any_request_is_read_or_refused(record: dict[str, object]) -> None:
    try:
        request = wire.outgoing_request(record, longest_s=5, max_answer_bytes=10)
    except GuestFaultError:
        return
    assert isinstance(request, OutgoingRequest)
    assert all(isinstance(part, str) for header in request.headers for part in header)


@pytest.mark.parametrize("delay", [None, "1", [], float("nan"), float("inf"), 10**400])
def test_a_delay_is_a_number(delay: object) -> None:
    with pytest.raises(GuestFaultError):
        wire.number({"delay_ms": delay}, "delay_ms")


def test_a_request_waits_no_longer_than_allowed() -> None:
    record = {"method": "GET", "url": "https://a.example/", "headers": [], "timeout_ms": 90_000, "redirect": "sideways"}
    request = wire.outgoing_request(record, longest_s=5, max_answer_bytes=10)
    assert (request.timeout_s, request.redirect, request.body, request.inflate) == (5, "follow", None, True)


def test_an_answer_that_is_no_text_goes_as_base64() -> None:
    answer = Answer(status=200, reason="OK", url="https://a.example/", headers=[], body=b"\xff\x00")
    assert wire.answer_record(1, answer)["body"] == {"base64": "/wA="}


@pytest.mark.parametrize("time_ms", [-1, 1e15, 1e299])
def test_a_log_line_is_of_some_time(time_ms: float) -> None:
    with pytest.raises(GuestFaultError):
        wire.log_line({"time_ms": time_ms, "level": "info", "text": "x"})


def test_half_a_surrogate_pair_is_replaced() -> None:
    output = b'{"settled":true,"error":null,"outbox":[["log",{"text":"\\ud800 \xf0\x9f\x98\x80"}]]}\n'
    ((_kind, record),) = wire.read_step(Output(output, b"")).outbox
    assert record["text"] == "? \U0001f600"
