"""Spans from the real exporter, through the receiver, to the drawn trace."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import grpc.aio
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.trace import SpanContext, SpanKind
from rich.console import Console

from cli.traces.receiver import TraceReceiver, read_spans
from cli.traces.store import StoredSpan, TraceStore
from cli.traces.waterfall import Waterfall
from shared.telemetry import attributes as names
from shared.telemetry.propagation import extract, inject
from shared.telemetry.tracing import SpanEvent, Tracing


async def until(found: Callable[[], bool], *, timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not found():  # noqa: ASYNC110 another process writes what is waited for
            await asyncio.sleep(0.02)


def record_event_way(gateway: Tracing, delivery: Tracing) -> SpanContext:
    """Record the spans of one event across two services, children first, as they come about."""
    now = time.time_ns()
    accepted = gateway.begin()
    delivered = delivery.begin(extract(inject(accepted)))
    logs = [SpanEvent("log", now + 3_000_000, {"log.message": "hello"})]
    delivery.record_span(
        "run onTrack", start_ns=now + 2_000_000, end_ns=now + 4_000_000, parent=delivered, events=logs,
        attributes={names.FUNCTION_VERSION: 3, names.FAAS_COLDSTART: False, names.SANDBOX_FUEL: 2_000_000},
    )  # fmt: skip
    delivery.record_span(
        "process deliveries", start_ns=now + 1_000_000, end_ns=now + 5_000_000, parent=accepted, context=delivered,
        kind=SpanKind.CONSUMER, error="RETRY", attributes={names.EVENT_ID: "evt_1", names.DELIVERY_TRY: 1},
    )  # fmt: skip
    gateway.record_span(
        "POST /hooks/{source_token}", start_ns=now, end_ns=now + 900_000, context=accepted, kind=SpanKind.SERVER,
        attributes={names.EVENT_ID: "evt_1", names.HTTP_RESPONSE_STATUS_CODE: 200},
    )  # fmt: skip
    return accepted


async def test_a_trace_across_services_is_received_and_drawn(tmp_path: Path) -> None:
    store = TraceStore.create(tmp_path / "traces.db")
    receiver = TraceReceiver(store=store)
    endpoint = f"http://127.0.0.1:{await receiver.start('127.0.0.1:0')}"
    gateway = Tracing.exporting(service="penstock-gateway", endpoint=endpoint)
    delivery = Tracing.exporting(service="penstock-delivery", endpoint=endpoint)
    accepted = record_event_way(gateway, delivery)
    await gateway.shutdown()
    await delivery.shutdown()
    await until(lambda: bool(store.find("evt_1")))
    await receiver.stop()

    assert store.find("evt_1") == [f"{accepted.trace_id:032x}"]
    spans = store.trace(f"{accepted.trace_id:032x}"[:8])
    assert [(span.service, span.kind) for span in spans] == [
        ("penstock-gateway", "server"), ("penstock-delivery", "consumer"), ("penstock-delivery", "internal"),
    ]  # fmt: skip
    assert [span.parent_id for span in spans] == [None, spans[0].span_id, spans[1].span_id]
    assert spans[2].events[0].attributes == {"log.message": "hello"}
    console = Console(file=io.StringIO(), width=160)
    console.print(Waterfall(spans))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(word in text for word in ("└─ ✗ process deliveries", "try 1", "v3", "warm", "2.0M fuel", "· log hello"))
    store.close()


@pytest.mark.slow
async def test_the_receiver_as_a_process(tmp_path: Path, unused_tcp_port: int) -> None:
    database, address = tmp_path / "traces.db", f"127.0.0.1:{unused_tcp_port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.traces.receiver", "--address", address, "--database", str(database)
    )
    try:
        async with grpc.aio.insecure_channel(address) as channel, asyncio.timeout(20):
            await channel.channel_ready()
        tracing = Tracing.exporting(service="penstock-gateway", endpoint=f"http://{address}")
        context = tracing.record_span("x", start_ns=1, end_ns=2)
        await tracing.shutdown()
        reader = TraceStore.open(database)
        await until(lambda: bool(reader.traces()))
        assert reader.trace(f"{context.trace_id:032x}")[0].name == "x"
        reader.close()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def exported(*spans: Span) -> list[StoredSpan]:
    scope = ScopeSpans(spans=spans)
    return list(
        read_spans(ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=Resource(), scope_spans=[scope])]))
    )


def test_odd_spans_of_other_exporters_are_read() -> None:
    nested = AnyValue(string_value="deep")
    for _ in range(30):
        nested = AnyValue(array_value=ArrayValue(values=[nested]))
    values = {
        "bytes": AnyValue(bytes_value=b"\xff"), "none": AnyValue(), "nested": nested,
        "map": AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="a", value=AnyValue(int_value=1))])),
    }  # fmt: skip
    pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
    (span,) = exported(
        Span(
            trace_id=b"1" * 16, span_id=b"2" * 8, kind=cast("Any", 99), end_time_unix_nano=2**64 - 1, attributes=pairs
        ),
        Span(trace_id=b"short", span_id=b"2" * 8),
    )
    assert (span.service, span.kind, span.parent_id, span.end_ns) == ("unknown", "unspecified", None, 2**63 - 1)
    assert (span.attributes["bytes"], span.attributes["none"], span.attributes["map"]) == ("ff", None, {"a": 1})
    assert "deep" not in str(span.attributes["nested"])
