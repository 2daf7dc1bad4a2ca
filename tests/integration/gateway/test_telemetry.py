"""Traces, metrics and log lines of the gateway."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from starlette.requests import Request

from penstock.ingest.v1 import ingest_service_pb2 as ingest
from services.gateway.answers import Refused
from services.gateway.metrics import EVENTS
from services.gateway.metrics_page import MetricsPage
from shared.telemetry.logs import configure_logs
from shared.telemetry.propagation import parse_traceparent, work_on
from shared.telemetry.tracing import Tracing
from tests.integration.gateway.gateway import TRACK, Gateway

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def traces(gateway: Gateway, messages: int) -> list[str]:
    metadata = [("traceparent", CALLER)]
    await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * messages), metadata=metadata)
    return [headers["traceparent"].split("-")[1] for _, headers in await gateway.events()]


async def test_a_message_alone_goes_on_with_its_callers_trace(gateway: Gateway) -> None:
    assert await traces(gateway, 1) == [CALLER.split("-")[1]]


async def test_each_message_of_a_batch_has_a_trace_of_its_own(gateway: Gateway) -> None:
    assert len({*await traces(gateway, 3), CALLER.split("-")[1]}) == 4


async def test_metrics_are_served_and_count_what_was_taken_and_refused(gateway: Gateway) -> None:
    before = EVENTS.values()
    await gateway.post(json={})
    await gateway.post("wrong", json={})
    await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK, TRACK, b"{"]))
    counted = {labels: value - before.get(labels, 0) for labels, value in EVENTS.values().items()}
    assert {labels: value for labels, value in counted.items() if value} == {
        ("src_hook", "webhook", "ACCEPTED"): 1,
        ("", "webhook", "UNKNOWN_SOURCE"): 1,
        ("src_key", "grpc", "ACCEPTED"): 2,
        ("src_key", "grpc", "MALFORMED_JSON"): 1,
    }
    page = (await gateway.http.get("/metrics")).text
    assert 'penstock_source_id="src_hook",entry="webhook",result="ACCEPTED"}' in page


@pytest.mark.parametrize(
    ("address", "token", "sent", "status"),
    [
        ("127.0.0.1:1", "", "", 200),
        ("[::1]:1", "", "", 200),
        ("localhost:1", "", "", 200),
        ("0.0.0.0:1", "", "", 401),
        ("gateway.internal:1", "", "Bearer ", 401),
        ("127.0.0.1:1", "t", "", 401),
        ("0.0.0.0:1", "t", "Bearer no", 401),
        ("0.0.0.0:1", "t", "Bearer t", 200),
    ],
)
async def test_metrics_are_for_those_who_may(address: str, token: str, sent: str, status: int) -> None:
    resource = Tracing(service="penstock-gateway", sink=None).resource
    page = MetricsPage(resource=resource, peers=[], token=token, http_address=address)
    headers = [(b"authorization", sent.encode())] if sent else []
    request = Request({"type": "http", "method": "GET", "path": "/metrics", "headers": headers})
    answer = await page(request)
    assert (answer.status if isinstance(answer, Refused) else answer.status_code) == status


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(service="penstock-test", stream=stream)
    yield stream
    structlog.reset_defaults()
    work_on(list)


def test_lines_name_the_traces_of_a_group_of_events(lines: io.StringIO) -> None:
    one, other = parse_traceparent(CALLER), parse_traceparent(CALLER.replace("0af", "1af"))
    assert one
    assert other
    work_on(lambda: [one])
    structlog.get_logger().warning("one")
    work_on(lambda: [one, None, other] * 10)
    structlog.get_logger().warning("many")
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert (first["trace_id"], first["span_id"]) == tuple(CALLER.split("-")[1:3])
    assert second["trace_ids"][:2] == [CALLER.split("-")[1], CALLER.replace("0af", "1af").split("-")[1]]
    assert len(second["trace_ids"]) == 10
    assert "trace_id" not in second
