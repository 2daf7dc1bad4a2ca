from __future__ import annotations

import asyncio

import httpx2

from shared.telemetry import process_metrics
from shared.telemetry.metrics_http import all_metrics, serving_metrics
from shared.telemetry.tracing import Tracing

RESOURCE = Tracing(service="penstock-test", sink=None).resource


async def test_a_process_serves_its_metrics() -> None:
    process_metrics.SPANS_DROPPED.add(("QUEUE_FULL",))
    async with (
        serving_metrics("127.0.0.1:0", RESOURCE) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        page = await http.get("/metrics")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'penstock_telemetry_spans_dropped_total{service_name="penstock-test",' in page.text
        assert "process_memory_usage_bytes{" in page.text
        assert (await http.get("/")).status_code == 404


async def test_odd_clients_harm_nobody() -> None:
    async with serving_metrics("127.0.0.1:0", RESOURCE) as port:
        for sent in (b"", b"GET", b"x" * 100_000):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            writer.close()
        assert "process_uptime" in await all_metrics(RESOURCE, [f"127.0.0.1:{port}"])


async def test_pages_of_others_are_shown_and_missing_ones_left_out(unused_tcp_port: int) -> None:
    other = Tracing(service="penstock-other", sink=None).resource
    async with serving_metrics("127.0.0.1:0", other) as port:
        page = await all_metrics(RESOURCE, [f"127.0.0.1:{port}", f"127.0.0.1:{unused_tcp_port}"])
    assert page.count("# TYPE process_uptime_seconds gauge") == 1
    uptimes = [line for line in page.splitlines() if line.startswith("process_uptime_seconds{")]
    assert ["penstock-test" in line for line in uptimes] == [True, False]
