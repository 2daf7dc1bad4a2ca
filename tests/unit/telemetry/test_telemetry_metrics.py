from __future__ import annotations

import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.resources import Resource

from shared.telemetry.metrics import (
    MAX_SERIES,
    OVERFLOW,
    Counter,
    Description,
    Gauge,
    Histogram,
    ObservedCounter,
    Registry,
)
from shared.telemetry.metrics_otlp import metrics_data
from shared.telemetry.metrics_text import family_name, merged, metrics_text

EVENTS = Description("penstock.events", "{event}", "What came \\ in.\nAll of it.", ("source", "result"))
TIME = Description("penstock.time", "s", "Time.", ("source",))


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    events, time = Counter(EVENTS), Histogram(TIME, (0.1, 1))
    memory = Gauge(Description("penstock.memory", "By", "Memory."))
    memory.observe(lambda: {(): 2.5})
    for instrument in (events, time, memory):
        registry.add(instrument)
    events.add(("src_1", 'a "b"\n\\'), 2)
    events.add(("src_1", 'a "b"\n\\'))
    events.add(("", "ok"))
    for value in (0.1, 0.2, 5):
        time.record(value, ("src_1",))
    return registry


def test_prometheus_reads_them(registry: Registry) -> None:
    assert metrics_text(registry, resource={"service.name": "s"}).splitlines() == [
        "# HELP penstock_events_total What came \\\\ in.\\nAll of it.",
        "# TYPE penstock_events_total counter",
        'penstock_events_total{service_name="s",source="src_1",result="a \\"b\\"\\n\\\\"} 3',
        'penstock_events_total{service_name="s",result="ok"} 1',
        "# HELP penstock_time_seconds Time.",
        "# TYPE penstock_time_seconds histogram",
        'penstock_time_seconds_bucket{service_name="s",source="src_1",le="0.1"} 1',
        'penstock_time_seconds_bucket{service_name="s",source="src_1",le="1"} 2',
        'penstock_time_seconds_bucket{service_name="s",source="src_1",le="+Inf"} 3',
        'penstock_time_seconds_sum{service_name="s",source="src_1"} 5.3',
        'penstock_time_seconds_count{service_name="s",source="src_1"} 3',
        "# HELP penstock_memory_bytes Memory.",
        "# TYPE penstock_memory_bytes gauge",
        'penstock_memory_bytes{service_name="s"} 2.5',
    ]


def test_pages_of_several_processes_are_one(registry: Registry) -> None:
    pages = [metrics_text(registry, resource={"service.name": name}) for name in ("a", "b")]
    lines = merged(pages).splitlines()
    assert lines.count("# TYPE penstock_events_total counter") == 1
    families = [line.split("{")[0] for line in lines if line.startswith("penstock_events_total")]
    assert len(families) == 4
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == [
        "penstock_events_total",
        "penstock_time_seconds",
        "penstock_memory_bytes",
    ]


def test_otlp_takes_them(registry: Registry) -> None:
    data = metrics_data(registry, resource=Resource({"service.name": "s"}), started_ns=5)
    (encoded,) = encode_metrics(data).resource_metrics[0].scope_metrics
    events, time, memory = encoded.metrics
    assert (events.name, events.unit, events.sum.is_monotonic) == ("penstock.events", "{event}", True)
    assert [point.as_double or point.as_int for point in events.sum.data_points] == [3, 1]
    (point,) = time.histogram.data_points
    assert (list(point.bucket_counts), point.count, point.sum) == ([1, 1, 1], 3, pytest.approx(5.3))
    assert (list(point.explicit_bounds), point.HasField("min")) == ([0.1, 1], False)
    assert memory.gauge.data_points[0].as_double == 2.5
    assert {each.start_time_unix_nano for each in events.sum.data_points} == {5}


def test_sets_of_labels_are_bounded() -> None:
    counter = Counter(Description("many", "1", "Many.", ("name",)))
    histogram = Histogram(Description("times", "s", "Times.", ("name",)))
    for number in range(MAX_SERIES + 50):
        counter.add((str(number),))
        histogram.record(1, (str(number),))
    values = counter.values()
    assert len(values) == MAX_SERIES + 1
    (overflown,) = [labels for labels, value in values.items() if value == 50]
    assert counter.about.attributes(overflown) == {OVERFLOW: "true"}
    assert histogram.values()[overflown].count == 50


def test_a_gauge_asks_whoever_observes() -> None:
    gauge = Gauge(Description("held", "1", "Held.", ("stage",)))
    with gauge.observing(lambda: {("a",): 1, ("b",): 2}), gauge.observing(lambda: {("a",): 3}):
        assert gauge.values() == {("a",): 4, ("b",): 2}
    assert gauge.values() == {}


@pytest.mark.parametrize(
    ("instrument", "name"),
    [
        (Counter(Description("a.b-c", "{x}", "")), "a_b_c_total"),
        (Counter(Description("cpu.time", "s", "")), "cpu_time_seconds_total"),
        (ObservedCounter(Description("cpu.time", "s", "")), "cpu_time_seconds_total"),
        (Gauge(Description("memory.bytes", "By", "")), "memory_bytes"),
        (Gauge(Description("used", "1", "")), "used_ratio"),
    ],
)
def test_names_are_made_as_specified(instrument: Counter | Gauge, name: str) -> None:
    assert family_name(instrument) == name


def test_a_name_is_taken_once(registry: Registry) -> None:
    with pytest.raises(ValueError, match=r"penstock\.events"):
        registry.add(Counter(EVENTS))


def test_tenants_need_not_be_told_apart() -> None:
    assert Registry().tenant("dst_1") == "dst_1"
    assert Registry(by_tenant=False).tenant("dst_1") == ""
