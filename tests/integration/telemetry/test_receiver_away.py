"""Traces and metrics with a receiver that comes late, goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from cli.traces.receiver import TraceReceiver
from cli.traces.store import NoSuchTraceError, TraceStore
from shared.telemetry.metrics import Counter, Description, Registry
from shared.telemetry.metrics_otlp import exporting_metrics
from shared.telemetry.tracing import Tracing
from tests.polling import until

_METRICS = "opentelemetry.proto.collector.metrics.v1.MetricsService"


@asynccontextmanager
async def receiving(store: TraceStore, port: int) -> AsyncGenerator[None]:
    receiver = TraceReceiver(store=store)
    await receiver.start(f"127.0.0.1:{port}")
    yield
    await receiver.stop()


def fail(tracing: Tracing) -> str:
    context = tracing.record_span("hop", start_ns=1, end_ns=2, error="BROKEN")
    return f"{context.trace_id:032x}"


async def arrived(store: TraceStore, traces: Sequence[str]) -> None:
    def all_there() -> bool:
        try:
            return all(store.trace(each) for each in traces)
        except NoSuchTraceError:
            return False

    await until(all_there)


@pytest.mark.slow
async def test_spans_of_failures_outlast_a_receiver_that_is_away(tmp_path: Path, unused_tcp_port: int) -> None:
    store = TraceStore.create(tmp_path / "traces.db")
    tracing = Tracing.exporting(
        service="penstock-test", endpoint=f"http://127.0.0.1:{unused_tcp_port}", traces_per_second=0
    )
    early = fail(tracing)
    async with receiving(store, unused_tcp_port):
        await arrived(store, [early])
    while_away = [fail(tracing) for _ in range(2000)]
    async with receiving(store, unused_tcp_port):
        await arrived(store, while_away)
        await tracing.shutdown()
    store.close()


async def test_metrics_arrive_by_otlp(unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")
    got: list[ExportMetricsServiceRequest] = []

    async def export(request: ExportMetricsServiceRequest, _: Any) -> ExportMetricsServiceResponse:
        got.append(request)
        return ExportMetricsServiceResponse()

    handler: Any = grpc.unary_unary_rpc_method_handler(
        export,
        request_deserializer=ExportMetricsServiceRequest.FromString,
        response_serializer=ExportMetricsServiceResponse.SerializeToString,
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_METRICS, {"Export": handler}),))
    server.add_insecure_port(f"127.0.0.1:{unused_tcp_port}")
    await server.start()
    registry = Registry()
    counter = Counter(Description("penstock.test", "{event}", "Events."))
    registry.add(counter)
    counter.add((), 3)
    tracing = Tracing(service="penstock-test", sink=None)
    endpoint = f"http://127.0.0.1:{unused_tcp_port}"
    async with exporting_metrics(registry, resource=tracing.resource, endpoint=endpoint):
        await until(lambda: got)
        counter.add((), 1)
    await server.stop(None)
    values = [
        point.as_int or point.as_double
        for request in got
        for point in request.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
    ]
    assert (values[0], values[-1]) == (3, 4)


async def test_the_end_waits_for_no_receiver_of_metrics(unused_tcp_port: int) -> None:
    registry = Registry()
    tracing = Tracing(service="penstock-test", sink=None)
    async with asyncio.timeout(10):
        async with exporting_metrics(
            registry, resource=tracing.resource, endpoint=f"http://127.0.0.1:{unused_tcp_port}"
        ):
            pass
