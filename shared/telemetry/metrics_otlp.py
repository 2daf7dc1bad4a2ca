"""Metrics by OTLP: the process's numbers as the SDK's data, sent by its exporter from a thread of its own."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Gauge as GaugeData
from opentelemetry.sdk.metrics.export import Histogram as HistogramData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from shared.telemetry.metrics import Counter, Gauge, Histogram, Instrument, ObservedCounter, Registry

_SCOPE = InstrumentationScope("penstock")
_CUMULATIVE = AggregationTemporality.CUMULATIVE
_EXPORT_TIMEOUT_S = 5.0
_SHUTDOWN_S = 2.0


@asynccontextmanager
async def exporting_metrics(registry: Registry, *, resource: Resource, endpoint: str) -> AsyncGenerator[None]:
    """Send metrics while the block runs, every `OTEL_METRIC_EXPORT_INTERVAL` ms (60,000), and once at its end."""
    exporter: Any = OTLPMetricExporter(
        endpoint=endpoint, insecure=not endpoint.startswith("https://"), timeout=_EXPORT_TIMEOUT_S
    )
    stopping, ended = threading.Event(), asyncio.Event()
    loop, started_ns = asyncio.get_running_loop(), time.time_ns()
    interval_s = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL", "60000")) / 1000

    def run() -> None:
        while not stopping.wait(interval_s):
            exporter.export(metrics_data(registry, resource=resource, started_ns=started_ns))
        exporter.export(metrics_data(registry, resource=resource, started_ns=started_ns))
        with suppress(RuntimeError):  # the loop did not wait
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=run, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SHUTDOWN_S):
                await ended.wait()


def metrics_data(registry: Registry, *, resource: Resource, started_ns: int) -> MetricsData:
    """Give the numbers of this moment, counted from `started_ns`."""
    now_ns = time.time_ns()
    metrics = [_metric(each, started_ns, now_ns) for each in list(registry.instruments.values())]
    scope = ScopeMetrics(scope=_SCOPE, metrics=[each for each in metrics if each.data.data_points], schema_url="")
    return MetricsData([ResourceMetrics(resource=resource, scope_metrics=[scope], schema_url="")])


def _metric(instrument: Instrument, started_ns: int, now_ns: int) -> Metric:
    about = instrument.about
    match instrument:
        case Histogram():
            data = HistogramData(_distributions(instrument, started_ns, now_ns), _CUMULATIVE)
        case Counter() | ObservedCounter():
            data = Sum(_numbers(instrument, started_ns, now_ns), _CUMULATIVE, is_monotonic=True)
        case Gauge():
            data = GaugeData(_numbers(instrument, started_ns, now_ns))
    return Metric(name=about.name, description=about.text, unit=about.unit, data=data)


def _numbers(instrument: Counter | Gauge, started_ns: int, now_ns: int) -> Sequence[NumberDataPoint]:
    return [
        NumberDataPoint(instrument.about.attributes(labels), started_ns, now_ns, value)
        for labels, value in instrument.values().items()
    ]


def _distributions(instrument: Histogram, started_ns: int, now_ns: int) -> Sequence[HistogramDataPoint]:
    return [
        HistogramDataPoint(
            attributes=instrument.about.attributes(labels),
            start_time_unix_nano=started_ns,
            time_unix_nano=now_ns,
            count=found.count,
            sum=found.total,
            bucket_counts=found.counts,
            explicit_bounds=instrument.bounds,
            # Not kept, and optional in OTLP though not in the SDK's type.
            min=cast("Any", None),
            max=cast("Any", None),
        )
        for labels, found in instrument.values().items()
    ]
