"""The way of an event through a real installation: webhook, functions, destination, trace, counters."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.event.v1 import outcome_pb2
from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"
SOURCE, DESTINATION = FUNCTIONS / "source.js", FUNCTIONS / "destination.js"


def test_a_webhook_becomes_a_request_to_the_outside_with_one_trace(running: Penstock, outside: Outside) -> None:
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="traced")
    answer = post(url, {"id": "m1", "total": 12.5})
    assert answer.status_code == 202, answer.text
    event_id = answer.json()["event_id"]

    [arrived] = eventually(lambda: outside.arrived)
    assert arrived.body == {"id": "m1", "total": 12.5}
    assert arrived.headers["authorization"] == "Bearer secret-of-the-test"

    trace = eventually(lambda: complete_trace(running, event_id), what="a complete trace")
    assert arrived.headers["traceparent"].split("-")[1] == trace["trace_id"]
    edges = edges_of(trace)
    assert ("penstock-gateway", "penstock-delivery") in edges
    assert ("penstock-delivery", "penstock-executor") in edges
    # The outside hangs under the very request that the trace shows.
    request = next(
        span for span in trace["spans"] if "http.request.method" in span["attributes"] and span["kind"] == "client"
    )
    assert arrived.headers["traceparent"].split("-")[2] == request["span_id"]
    assert all(span["parent_id"] or span["service"] == "penstock-gateway" for span in trace["spans"])


def complete_trace(running: Penstock, event_id: str) -> Any:
    done = running.run("traces", "show", event_id, "--json")
    if done.returncode:
        return None
    trace = json.loads(done.stdout)
    has_arrived = any(span["service"] == "penstock-gateway" for span in trace["spans"])
    has_left = any(s["kind"] == "client" and "http.request.method" in s["attributes"] for s in trace["spans"])
    return trace if has_arrived and has_left else None


def edges_of(trace: Any) -> set[tuple[str, str]]:
    service = {span["span_id"]: span["service"] for span in trace["spans"]}
    return {(service[span["parent_id"]], span["service"]) for span in trace["spans"] if span["parent_id"] in service}


def test_a_destination_that_recovers_gets_the_event(running: Penstock, outside: Outside) -> None:
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="recovers")
    outside.failures = 2
    event_id = post(url, {"id": "r1"}).json()["event_id"]
    succeeded = outcome_pb2.STATUS_SUCCEEDED
    [delivery] = eventually(
        lambda: [d for d in running.deliveries(event_id, status=succeeded) if d.destination_id],
    )
    assert delivery.attempts == 3
    assert [arrived.body["id"] for arrived in outside.arrived] == ["r1"] * 3
    shown = running.json("deliveries", "show", delivery.delivery_id)
    assert shown["evidence"]["error"]["kind"] == "ERROR_KIND_RETRY"
    assert "secret-of-the-test" not in str(shown)


@pytest.mark.parametrize(
    ("fault", "reason"), [("loop", "OUT_OF_FUEL"), ("hoard", "OUT_OF_MEMORY"), ("recurse", "BAD_REQUEST")]
)
def test_a_function_that_hits_a_limit_fails_alone(running: Penstock, outside: Outside, fault: str, reason: str) -> None:
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name=f"limit-{fault}")
    event_id = post(url, {fault: True}).json()["event_id"]
    [failed] = eventually(lambda: running.deliveries(event_id, status=outcome_pb2.STATUS_DISCARDED))
    assert failed.reason == reason
    post(url, {"id": "next"})
    assert eventually(lambda: outside.arrived)[0].body == {"id": "next"}


@pytest.mark.parametrize("victim", ["services.delivery", "services.executor"])
def test_a_kill_in_the_middle_of_500_events_loses_none(running: Penstock, outside: Outside, victim: str) -> None:
    name = f"kill-{victim.rpartition('.')[2]}"
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name=name)
    for number in range(500):
        assert post(url, {"id": f"{name}-{number}"}).status_code == 202
        if number in (150, 300):
            gone = (None, running.kill(victim))
            eventually(lambda: running.pid(victim) not in gone, what=f"{victim} is back")  # noqa: B023
    expected = {f"{name}-{number}" for number in range(500)}
    eventually(lambda: {arrived.body["id"] for arrived in outside.arrived} == expected, timeout_s=100)
    repeats = sum(count - 1 for count in Counter(arrived.body["id"] for arrived in outside.arrived).values())
    assert repeats <= 200, "repeats must stay within what was in flight"
