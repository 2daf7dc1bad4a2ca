from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as encode_by_sdk
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags

from shared.telemetry import attributes as names
from shared.telemetry.otlp import encode_spans
from shared.telemetry.propagation import current_context
from shared.telemetry.sampling import TraceRate
from shared.telemetry.tracing import MAX_ATTRIBUTE_CHARACTERS, MAX_EVENTS, SpanEvent, Tracing


@dataclass
class Collected:
    spans: list[ReadableSpan] = field(default_factory=list[ReadableSpan])

    def on_end(self, span: ReadableSpan, *, important: bool = False) -> None:
        self.spans.append(span)

    def shutdown(self) -> None:
        return


def record(tracing: Tracing, name: str = "hop", *, took_s: float = 0.01, **options: object) -> SpanContext:
    return tracing.record_span(name, start_ns=10**18, end_ns=10**18 + int(took_s * 1e9), **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_children_hang_under_a_span_that_is_recorded_after_them() -> None:
    sink = Collected()
    tracing = Tracing(service="penstock-test", sink=sink)
    root = tracing.begin()
    child = record(tracing, "child", parent=root)
    record(tracing, "root", context=root)
    first, second = sink.spans
    assert first.parent == root
    assert first.context == child
    assert (second.context, second.parent) == (root, None)
    assert child.trace_id == root.trace_id
    assert second.resource.attributes["service.name"] == "penstock-test"


def test_attributes_events_and_status_are_bounded() -> None:
    sink = Collected()
    events = [SpanEvent("log", 5, {"line": "x" * 9999, "none": None})] * 200
    tracing = Tracing(service="s", sink=sink)
    record(tracing, attributes={names.URL_FULL: "y" * 9999, names.DELIVERY_TRY: 2, names.SOURCE: None}, events=events)
    span = sink.spans[0]
    assert span.attributes is not None
    assert len(str(span.attributes[names.URL_FULL])) == MAX_ATTRIBUTE_CHARACTERS
    assert names.SOURCE not in span.attributes
    assert len(span.events) == MAX_EVENTS
    assert span.status.status_code is StatusCode.UNSET


def test_spans_are_encoded_as_the_sdk_does() -> None:
    sink = Collected()
    tracing = Tracing(service="penstock-test", sink=sink)
    remote = SpanContext(5, 6, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    values = {"text": "é", "int": -3, "float": 0.5, "yes": True, "no": False}
    parent = record(tracing, "a", parent=remote, attributes=values, kind=SpanKind.PRODUCER)
    record(tracing, "b", parent=parent, error="broken", links=[remote, parent], events=[SpanEvent("log", 7, values)])
    record(tracing, "c")
    assert encode_spans(sink.spans) == encode_by_sdk(sink.spans)


def test_tenants_values_cannot_break_a_batch() -> None:
    sink = Collected()
    hostile = {"half": "\ud800", "huge": 10**400, "nan": float("nan")}
    events = [SpanEvent("\udfff", 1, hostile)]
    record(Tracing(service="s", sink=sink), attributes=hostile, error="\ud800", events=events)
    assert encode_spans(sink.spans).SerializeToString()


def test_above_the_rate_only_failures_retries_and_slow_ones_are_kept() -> None:
    sink = Collected()
    tracing = Tracing(service="s", sink=sink, traces_per_second=1, slow_s=0.5)
    record(tracing, "first")
    record(tracing, "above")
    failed = record(tracing, "failed", error="RETRY")
    record(tracing, "after the failure", parent=failed)
    record(tracing, "retried", keep=True)
    record(tracing, "slow", took_s=0.5)
    assert [span.name for span in sink.spans] == ["first", "failed", "after the failure", "retried", "slow"]
    assert all(span.context is not None and span.context.trace_flags.sampled for span in sink.spans)
    assert sink.spans[1].status.description == "RETRY"


def test_the_decision_travels_but_not_from_strangers() -> None:
    sink = Collected()
    tracing = Tracing(service="s", sink=sink, traces_per_second=1)
    tracing.begin()
    sampled = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    unsampled = SpanContext(1, 2, is_remote=True)
    assert tracing.begin(sampled).trace_flags.sampled
    assert not tracing.begin(unsampled).trace_flags.sampled
    assert tracing.begin(unsampled, keep=True).trace_flags.sampled
    stranger = tracing.begin(sampled, from_outside=True)
    assert (stranger.trace_id, stranger.trace_flags.sampled) == (1, False)


def test_the_rate_is_kept_over_time() -> None:
    now = 0.0
    rate = TraceRate(traces_per_second=10, clock=lambda: now)
    kept = 0
    for _ in range(1000):
        kept += rate.allows()
        now += 0.01
    assert 105 <= kept <= 111


def test_a_span_around_work_is_current_and_sees_exceptions() -> None:
    sink = Collected()
    tracing = Tracing(service="s", sink=sink)

    def work() -> None:
        with tracing.span("work", attributes={names.FUNCTION: "fn_1"}) as opened:
            assert current_context() == opened.context
            raise LookupError

    with pytest.raises(LookupError):
        work()
    assert current_context() is None
    span = sink.spans[0]
    assert dict(span.attributes or {}) == {names.FUNCTION: "fn_1", names.ERROR_TYPE: "LookupError"}
    assert span.status.status_code is StatusCode.ERROR


@pytest.mark.slow
async def test_a_hanging_receiver_delays_the_end_by_two_seconds_at_most() -> None:
    released = threading.Event()

    class Hanging(Collected):
        def shutdown(self) -> None:
            released.wait()

    async with asyncio.timeout(10):
        await Tracing(service="s", sink=Hanging()).shutdown()
    assert not released.is_set()
    released.set()


@pytest.mark.slow
async def test_a_dead_receiver_blocks_nobody() -> None:
    tracing = Tracing.exporting(service="s", endpoint="http://127.0.0.1:1")
    started = time.process_time()
    for _ in range(20_000):
        record(tracing, context=SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)))
    assert time.process_time() - started < 10
    async with asyncio.timeout(10):
        await tracing.shutdown()


async def test_without_a_receiver_contexts_still_pass() -> None:
    tracing = Tracing.exporting(service="s", endpoint=None)
    assert record(tracing).is_valid
    await tracing.shutdown()
