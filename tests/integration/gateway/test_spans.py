"""The spans of acceptance: within the rate of traces, whatever comes in one call; errors always."""

from __future__ import annotations

from opentelemetry.sdk.trace import ReadableSpan

from penstock.ingest.v1 import ingest_service_pb2 as ingest
from shared.bus import Bus, StreamLimits, declare_streams
from shared.telemetry import attributes as names
from shared.telemetry.tracing import Tracing
from tests.integration.gateway.gateway import TRACK, gateway_running
from tests.nats import NatsServer
from tests.spans import CollectedSpans


def span_ids(spans: list[ReadableSpan]) -> set[int]:
    return {context.span_id for span in spans if (context := span.get_span_context())}


async def test_each_kept_message_of_a_call_has_a_span_and_the_log_knows_it(bus: Bus, nats_server: NatsServer) -> None:
    spans = CollectedSpans()
    tracing = Tracing(service="gateway", sink=spans, traces_per_second=100)
    async with gateway_running(bus, nats_server, tracing=tracing) as gateway:
        await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * 5))
        sent = {int(headers["traceparent"].split("-")[2], 16) for _, headers in await gateway.events()}
    assert len(sent) == 5
    assert span_ids(spans.named("accept")) == sent


async def test_a_large_call_stays_within_the_rate(bus: Bus, nats_server: NatsServer) -> None:
    await declare_streams(bus, StreamLimits())
    spans = CollectedSpans()
    tracing = Tracing(service="gateway", sink=spans, traces_per_second=3, slow_s=60)
    async with gateway_running(bus, nats_server, tracing=tracing) as gateway:
        await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * 500))
        sent = [headers["traceparent"] for _, headers in await gateway.events()]
    # The rate is that of a second, which may end in the middle.
    assert 1 <= len(spans.named("accept")) <= 6
    assert sum(text.endswith("-01") for text in sent) == len(spans.named("accept"))
    assert len({text.split("-")[1] for text in sent}) == 500


async def test_a_slow_call_has_a_span_for_each_message(bus: Bus, nats_server: NatsServer) -> None:
    spans = CollectedSpans()
    tracing = Tracing(service="gateway", sink=spans, traces_per_second=0, slow_s=0)
    async with gateway_running(bus, nats_server, tracing=tracing) as gateway:
        await gateway.ingest("key").Ingest(ingest.IngestRequest(messages=[TRACK] * 5))
    assert len(span_ids(spans.named("accept"))) == 5


async def test_what_could_not_be_taken_is_always_kept(bus: Bus, nats_server: NatsServer) -> None:
    spans = CollectedSpans()
    tracing = Tracing(service="gateway", sink=spans, traces_per_second=0, slow_s=60)
    async with gateway_running(bus, nats_server, tracing=tracing) as gateway:
        assert (await gateway.post(json={})).status_code == 202
        nats_server.kill()
        assert (await gateway.post(json={})).status_code == 503
        nats_server.start()
    (span,) = spans.named("accept")
    assert (span.attributes or {})[names.HTTP_RESPONSE_STATUS_CODE] == 503
    assert not span.status.is_ok
