"""The whole way of an event is one trace, also across tries."""

from __future__ import annotations

from opentelemetry.sdk.trace import ReadableSpan

from penstock.executor.v1 import executor_service_pb2, result_pb2
from shared.telemetry import attributes as names
from shared.telemetry.tracing import Tracing
from tests.executor import Result, returned, threw
from tests.integration.delivery.harness import TRACE_ID, Harness, track

ACCEPT_SPAN_ID = "b7ad6b7169203331"
REQUEST_SPAN_ID = "00f067aa0ba902b7"


def id_of(span: ReadableSpan) -> str:
    """Give the span's id as it travels."""
    assert span.context
    return f"{span.context.span_id:016x}"


class Spans:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.all: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.all.append(span)

    def shutdown(self) -> None:
        pass

    def edges(self) -> set[tuple[str, str]]:
        """Give all (parent's name, name) pairs; the span that the log brought along is `accept`."""
        known = {id_of(span): span.name for span in self.all}
        known[ACCEPT_SPAN_ID] = "accept"
        return {(known[f"{span.parent.span_id:016x}"], span.name) for span in self.all if span.parent}


async def test_every_hop_hangs_under_the_one_before(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"], function=True)

    def deliver(invocation: executor_service_pb2.Invocation) -> Result:
        again = harness.executor.runs["ins_a", invocation.id] == 0
        result = threw(result_pb2.ERROR_KIND_RETRY) if again else returned()
        result.requests.add(method="POST", url="http://crm.example/", status=503 if again else 200)
        result.requests[-1].span_id = REQUEST_SPAN_ID if again else ""
        return result

    harness.executor.scripts = {"ins_s": lambda _: returned(track(1)), "ins_a": deliver}
    spans = Spans()
    async with harness.workers(tracing=Tracing(service="delivery", sink=spans)):
        (event_id,) = await harness.send_webhooks([b"{}"])
        await harness.drained()
    assert {f"{span.context.trace_id:032x}" for span in spans.all if span.context} == {TRACE_ID}
    assert spans.edges() == {
        ("accept", "source run"),
        ("source run", "function run"),
        ("source run", "deliver"),
        ("deliver", "function run"),
        ("function run", "POST"),
    }
    tries = [span for span in spans.all if span.name == "deliver"]
    assert [(span.attributes or {})[names.DELIVERY_TRY] for span in tries] == [1, 2]
    assert [span.status.is_ok for span in tries] == [False, True]
    assert all((span.attributes or {})[names.EVENT_ID] == event_id for span in tries)
    runs = {invocation.span_id for invocation in harness.executor.invocations}
    assert runs == {id_of(span) for span in spans.all if span.name == "function run"}
    assert REQUEST_SPAN_ID in {id_of(span) for span in spans.all}


async def test_above_the_rate_failures_are_kept_with_what_they_ran(harness: Harness) -> None:
    await harness.destination("a")
    await harness.source(to=["a"])

    def deliver(invocation: executor_service_pb2.Invocation) -> Result:
        bad = b'"m1"' in invocation.event
        return threw(result_pb2.ERROR_KIND_BAD_REQUEST) if bad else returned()

    harness.executor.scripts["ins_a"] = deliver
    spans = Spans()
    tracing = Tracing(service="delivery", sink=spans, traces_per_second=0, slow_s=1000)
    async with harness.workers(tracing=tracing):
        await harness.send([track(1), track(2)], sampled=False)
        await harness.drained()
    assert sorted(span.name for span in spans.all) == ["deliver", "function run"]
