"""The whole way of an event is one trace, also across tries, restarts and replays, though it was not sampled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.trace import SpanContext, StatusCode

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.gateway.accept import Acceptor, inbox_publication, new_event, tell_of_acceptance
from shared.bus import StreamLimits
from shared.errors import PenstockError
from shared.telemetry import attributes as names
from shared.telemetry.propagation import inject
from shared.telemetry.tracing import Tracing
from tests.executor import Result, returned, threw
from tests.integration.delivery.harness import WORKSPACE, Harness, declare, track
from tests.integration.delivery.read_side import ReadSide
from tests.polling import until
from tests.spans import CollectedSpans, by_trace, edges, span_id

REQUEST_SPAN_ID = "00f067aa0ba902b7"
# The way of a webhook through a source function, which logs and asks the outside, to one destination.
WAY = [
    ("", "accept"),
    ("accept", "source run"),
    ("deliver", "function run"),
    ("function run", "GET"),
    ("source run", "deliver"),
    ("source run", "function run"),
]
RETRY = result_pb2.ERROR_KIND_RETRY
BAD_REQUEST = result_pb2.ERROR_KIND_BAD_REQUEST


def tracing(spans: CollectedSpans, *, rate: float = 0, slow_s: float = 1000) -> Tracing:
    return Tracing(service="penstock-delivery", sink=spans, traces_per_second=rate, slow_s=slow_s)


async def accept(
    harness: Harness, contents: Sequence[bytes | inbound_pb2.HttpRequest], *, rate: float = 0, waited_s: float = 0
) -> list[str]:
    """Take events as the gateway does, by default none of them sampled; give their ids."""
    gateway = Tracing(service="penstock-gateway", sink=None, traces_per_second=rate)
    contexts = [gateway.begin() for _ in contents]
    source = config_pb2.SourceConfig(source_id="src_s", workspace_id=WORKSPACE)
    started_ns = time.time_ns() - int(waited_s * 1e9)
    events = [
        _arrived(source, content, started_ns, context) for content, context in zip(contents, contexts, strict=True)
    ]
    publications = [inbox_publication(event, inject(context)) for event, context in zip(events, contexts, strict=True)]
    taken = await Acceptor(harness.bus).accept(source, publications)
    assert not [each for each in taken if isinstance(each, PenstockError)]
    return [event.event_id for event in events]


def _arrived(
    source: config_pb2.SourceConfig, content: bytes | inbound_pb2.HttpRequest, started_ns: int, context: SpanContext
) -> inbound_pb2.InboundEvent:
    event = new_event(source)
    if isinstance(content, bytes):
        event.message = content
    else:
        event.request.CopyFrom(content)
    if not context.trace_flags.sampled:
        tell_of_acceptance(event, started_ns, None)
    return event


def webhook(body: bytes = b"{}") -> inbound_pb2.HttpRequest:
    return inbound_pb2.HttpRequest(method="POST", body=body)


def source_function(invocation: executor_service_pb2.Invocation) -> Result:
    """Log, ask the outside, and send one message."""
    result = returned(track(1, messageId=invocation.request.body.decode()))
    result.requests.add(
        method="GET", url="http://shop.example:8443/?a=b", status=200, span_id=REQUEST_SPAN_ID, response_body=b"x" * 999
    )
    result.logs.add(text="hello", level=result_pb2.LOG_LEVEL_INFO)
    return result


@pytest.fixture
async def way(harness: Harness) -> Harness:
    await harness.destination("a")
    await harness.source(to=["a"], function=True)
    harness.executor.scripts = {"ins_s": source_function, "ins_a": lambda _: returned()}
    return harness


def attribute(span: Any, name: str) -> Any:
    return span.attributes[name]


async def test_a_sampled_event_is_one_trace_made_once(way: Harness) -> None:
    spans = CollectedSpans()
    async with way.workers(tracing=tracing(spans)):
        (event_id,) = await accept(way, [webhook()], rate=100)
        await way.drained()
    # The gateway recorded its own.
    assert edges(spans.all) == [("?", "source run"), *WAY[2:]]
    assert len(spans.all) == 5
    assert spans.important == []
    assert attribute(spans.named("deliver")[0], names.EVENT_ID) == event_id
    runs = {invocation.span_id for invocation in way.executor.invocations}
    assert runs == {span_id(span) for span in spans.named("function run")}


async def test_a_failure_brings_its_whole_trace_and_others_none(way: Harness) -> None:
    spans = CollectedSpans()
    way.executor.scripts["ins_a"] = lambda each: threw(BAD_REQUEST) if b'"bad"' in each.event else returned()
    async with way.workers(tracing=tracing(spans)):
        event_id, _ = await accept(way, [webhook(b"bad"), webhook(b"good")])
        await way.drained()
    assert edges(spans.all) == WAY
    assert len(by_trace(spans.all)) == 1
    assert spans.important == spans.all
    accepted, source_run, function, request = spans.all[:4]
    assert accepted.resource.attributes["service.name"] == "penstock-gateway"
    assert (attribute(accepted, names.EVENT_ID), attribute(accepted, names.HTTP_REQUEST_BODY_SIZE)) == (event_id, 3)
    assert attribute(source_run, names.EVENT_MESSAGES) == 1
    assert attribute(function, names.REQUESTS) == 1
    assert [event.attributes and event.attributes["message"] for event in function.events] == ["hello"]
    assert span_id(request) == REQUEST_SPAN_ID
    assert (attribute(request, names.SERVER_ADDRESS), attribute(request, names.SERVER_PORT)) == ("shop.example", 8443)
    assert all(span.start_time <= span.end_time for span in spans.all if span.start_time and span.end_time)
    failed = [span.name for span in spans.all if span.status.status_code is StatusCode.ERROR]
    assert failed == ["deliver", "function run"]


async def test_each_try_is_a_span_and_what_came_before_is_told_once(way: Harness) -> None:
    spans = CollectedSpans()
    way.executor.scripts["ins_a"] = lambda each: threw(RETRY) if way.executor.runs["ins_a", each.id] < 2 else returned()
    async with way.workers(tracing=tracing(spans), destination_retry={"caps_s": [0.01], "attempts": 5, "period_s": 0}):
        await accept(way, [webhook()])
        await way.drained()
    tries = spans.named("deliver")
    assert [attribute(span, names.DELIVERY_TRY) for span in tries] == [1, 2, 3]
    assert [span.status.is_ok for span in tries] == [False, False, True]
    assert edges(spans.all) == sorted([*WAY, *[("source run", "deliver"), ("deliver", "function run")] * 2])
    assert len(spans.all) == len({span_id(span) for span in spans.all})


async def test_a_try_after_a_restart_hangs_in_the_same_trace(way: Harness) -> None:
    before, after = CollectedSpans(), CollectedSpans()
    way.executor.scripts["ins_a"] = lambda _: threw(RETRY)
    later = {"caps_s": [1.0], "attempts": 5, "period_s": 0}
    async with way.workers(tracing=tracing(before), destination_retry=later):
        await accept(way, [webhook()])
        await until(lambda: before.named("deliver"))
    way.executor.scripts["ins_a"] = lambda _: returned()
    async with way.workers(tracing=tracing(after)):
        await way.drained()
    assert edges(before.all) == edges(after.all) == WAY
    last, *others = reversed(after.named("deliver"))
    assert (attribute(last, names.DELIVERY_TRY), others) == (2, [])
    told = {span_id(span) for span in before.all} & {span_id(span) for span in after.all}
    assert len(told) == len(WAY) - 2


async def test_a_source_function_that_fails_is_seen_whole(way: Harness) -> None:
    spans = CollectedSpans()
    way.executor.scripts["ins_s"] = lambda each: (
        threw(RETRY) if way.executor.runs["ins_s", each.id] == 0 else source_function(each)
    )
    async with way.workers(tracing=tracing(spans)):
        await accept(way, [webhook()])
        await way.drained()
    assert edges(spans.all) == sorted([*WAY, ("accept", "source run"), ("source run", "function run")])
    assert [attribute(span, names.DELIVERY_TRY) for span in spans.named("source run")] == [1, 2]


async def test_dead_letters_are_seen_whole(harness: Harness) -> None:
    await declare(harness.bus, StreamLimits(deliveries_per_destination=1, inbox_per_source=100))
    await harness.destination("a")
    await harness.source(to=["a"])
    harness.executor.scripts["ins_a"] = lambda _: threw(RETRY)
    harness.executor.gate.clear()
    spans = CollectedSpans()
    async with harness.workers(tracing=tracing(spans)):
        await accept(harness, [b'{"type":"track","event":"E","userId":"u"}'] * 2)
        await until(lambda: spans.named("deliver"))
        harness.executor.gate.set()
        await harness.drained()
    exhausted, refused = sorted(by_trace(spans.all).values(), key=len, reverse=True)
    tries = [("deliver", "function run"), ("source run", "deliver")] * 3
    assert edges(exhausted) == sorted([("", "accept"), ("accept", "source run"), *tries])
    assert attribute(exhausted[-2], names.DELIVERY_RESULT) == "EXHAUSTED"
    assert edges(refused) == [("", "accept"), ("accept", "source run"), ("source run", "deliver")]
    assert refused[0].status.description == "BACKLOG_FULL"


async def test_slow_hops_are_seen_whole(way: Harness) -> None:
    spans = CollectedSpans()
    async with way.workers(tracing=tracing(spans, slow_s=1e-6)):
        await accept(way, [webhook()])
        await way.drained()
    assert edges(spans.all) == WAY


async def test_slow_acceptance_is_seen_whole(way: Harness) -> None:
    spans = CollectedSpans()
    async with way.workers(tracing=tracing(spans, slow_s=60)):
        await accept(way, [webhook(b"slow")], waited_s=61)
        await accept(way, [webhook(b"quick")])
        await way.drained()
    assert edges(spans.all) == WAY
    (accepted,) = spans.named("accept")
    assert accepted.start_time
    assert accepted.end_time
    assert accepted.end_time - accepted.start_time >= 61e9


async def test_a_replay_hangs_under_the_try_that_failed(way: Harness, reads: ReadSide) -> None:
    spans = CollectedSpans()
    way.executor.scripts["ins_a"] = lambda _: threw(RETRY)
    once = {"caps_s": [0.01], "attempts": 1, "period_s": 0}
    async with way.workers(tracing=tracing(spans), destination_retry=once), reads.replaying(tracing=tracing(spans)):
        await accept(way, [webhook()])
        await way.drained()
        way.executor.scripts["ins_a"] = lambda _: returned()
        begun = await reads.replay()
        await reads.ended(begun)
        await way.drained()
    assert edges(spans.all) == sorted([*WAY, ("deliver", "function run"), ("deliver", "replay"), ("replay", "deliver")])
    assert len(by_trace(spans.all)) == 1
    assert len(spans.all) == len({span_id(span) for span in spans.all})
    (replay,) = spans.named("replay")
    assert attribute(replay, names.REPLAY_ID) == begun.replay_id
    assert attribute(spans.named("deliver")[1], names.REPLAY) == attribute(replay, names.REPLAY) == 1


async def test_deliveries_of_the_same_event_that_went_well_are_seen_too(way: Harness) -> None:
    await way.destination("b")
    await way.source(to=["a", "b"], function=True)
    way.executor.scripts["ins_b"] = lambda each: (
        threw(RETRY) if way.executor.runs["ins_b", each.id] == 0 else returned()
    )
    spans = CollectedSpans()
    async with way.workers(tracing=tracing(spans)):
        await accept(way, [webhook(b"m1"), webhook(b"m2")])
        await way.drained()
    assert len(by_trace(spans.all)) == 2
    for trace in by_trace(spans.all).values():
        assert edges(trace) == sorted([*WAY, *[("source run", "deliver"), ("deliver", "function run")] * 2])
        results = sorted(attribute(span, names.DELIVERY_RESULT) for span in trace if span.name == "deliver")
        assert results == ["RETRYING", "SUCCEEDED", "SUCCEEDED"]
