"""Trails: what happened to an event before, carried along while its trace is not kept.

When a later hop fails, is tried again or is slow, the spans of the earlier ones are made from the trail, with the ids
that they had from the start: whoever makes them, and how often, it is the same trace.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from opentelemetry.trace import SpanContext, TraceFlags

from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2, trail_pb2
from penstock.executor.v1 import result_pb2
from services.delivery.trials import Inserted, Run, timestamp
from shared.telemetry.accepting import Accepting, record_accepting
from shared.telemetry.tracing import Tracing

_ACCEPTED = 202
_NANOSECONDS = 1_000_000_000
_URL_CHARACTERS = 512
# Spans that this process remembers to have made, so that the tries of a delivery do not repeat them.
_REMEMBERED = 10_000
# Traces whose good deliveries it remembers; each holds its message.
_SIBLINGS = 1000


def trail_of(
    run: Run,
    function: config_pb2.InstanceConfig | None,
    result: result_pb2.InvocationResult | None,
    *,
    messages: int,
    deliveries: int,
) -> trail_pb2.Trail:
    """Tell of a run and of what came before it; of a run whose trace is kept, its span's id alone."""
    span_id = run.context.span_id
    if run.context.trace_flags.sampled:
        return trail_pb2.Trail(source_run=trail_pb2.SourceRun(span_id=span_id))
    if function is None or result is None:
        told = trail_pb2.SourceRun(span_id=span_id, started_unix_nano=run.started_ns, messages_sent=messages)
    else:
        told = _with_function(run, function, result, messages)
    if deliveries > 1:
        told.deliveries = deliveries
    return trail_pb2.Trail(acceptance=acceptance_of(run), source_run=told)


def trail_of_message(trail: trail_pb2.Trail | None, inserted: Inserted | None) -> trail_pb2.Trail | None:
    """Give the trail of one of a run's messages: the run's, and the insert function that it went through."""
    if trail is None or inserted is None or not trail.source_run.started_unix_nano:
        return trail
    own = trail_pb2.Trail()
    own.CopyFrom(trail)
    told = trail_pb2.InsertRun(
        function_span_id=inserted.span_id, **_function_fields(inserted.function, inserted.result)
    )
    _add_seen(told, inserted.result)
    own.source_run.insert_run.CopyFrom(told)
    return own


def complete_acceptance(event: inbound_pb2.InboundEvent, parent: SpanContext | None, *, stored_ns: int) -> None:
    """Add what the log knows to what the gateway told of the acceptance, once: a replay has another parent."""
    acceptance = event.acceptance
    if parent is not None and acceptance.started_unix_nano and not acceptance.span_id:
        acceptance.span_id, acceptance.finished_unix_nano = parent.span_id, stored_ns


def acceptance_of(run: Run) -> trail_pb2.Acceptance | None:
    """Give the acceptance of a run's event; None where the trace was kept from the start."""
    return run.event.acceptance if run.event.acceptance.span_id else None


def result_of(run: trail_pb2.SourceRun | trail_pb2.InsertRun) -> result_pb2.InvocationResult:
    """Give what a run came to as the executor told it, as far as its spans tell of it."""
    result = result_pb2.InvocationResult(
        id=run.invocation_id,
        logs=run.logs,
        requests=run.requests,
        started_at=timestamp(run.function_started_unix_nano),
        finished_at=timestamp(run.function_finished_unix_nano),
    )
    usage = result.usage
    usage.fuel, usage.memory_bytes = run.fuel, run.memory_bytes
    usage.cold, usage.earlier_events = run.cold, run.earlier_events
    return result


class Acceptances:
    """Makes spans of acceptances, in the gateway's name."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing
        self._told = Told()

    def record(
        self, acceptance: trail_pb2.Acceptance, *, trace_id: int, workspace_id: str, source_id: str, event_id: str
    ) -> None:
        """Record one, unless this process just did."""
        if not self._told.first(acceptance.span_id):
            return
        parent = context(trace_id, acceptance.parent_span_id) if acceptance.parent_span_id else None
        accepting = Accepting(
            context=context(trace_id, acceptance.span_id),
            parent=parent,
            start_ns=acceptance.started_unix_nano,
            end_ns=acceptance.finished_unix_nano,
            body_bytes=acceptance.body_bytes,
            workspace_id=workspace_id,
            source_id=source_id,
            event_id=event_id,
            status=_ACCEPTED if acceptance.webhook else 0,
        )
        record_accepting(self._tracing, accepting, keep=True)


class Told:
    """The latest spans that this process made from trails."""

    def __init__(self) -> None:
        self._ids: OrderedDict[int, None] = OrderedDict()

    def __contains__(self, span_id: int) -> bool:
        return span_id in self._ids

    def first(self, span_id: int) -> bool:
        """Tell whether a span is new here, and remember it."""
        if span_id in self._ids:
            return False
        self._ids[span_id] = None
        if len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return True


class Siblings:
    """The latest deliveries that went well of runs that made several, by trace: one of the others may fail yet."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[int, list[Callable[[], None]]] = OrderedDict()

    def add(self, trace_id: int, record: Callable[[], None]) -> None:
        """Remember how to record one."""
        self._waiting.setdefault(trace_id, []).append(record)
        if len(self._waiting) > _SIBLINGS:
            self._waiting.popitem(last=False)

    def record(self, trace_id: int) -> None:
        """Record those of a trace that turns out to be kept."""
        for record in self._waiting.pop(trace_id, ()):
            record()


def context(trace_id: int, span_id: int) -> SpanContext:
    """Give the context of a span that is kept."""
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _with_function(
    run: Run, function: config_pb2.InstanceConfig, result: result_pb2.InvocationResult, messages: int
) -> trail_pb2.SourceRun:
    told = trail_pb2.SourceRun(
        span_id=run.context.span_id,
        started_unix_nano=run.started_ns,
        messages_sent=messages,
        function_span_id=run.function_span_id,
        **_function_fields(function, result),
    )
    _add_seen(told, result)
    return told


def _function_fields(function: config_pb2.InstanceConfig, result: result_pb2.InvocationResult) -> dict[str, Any]:
    usage, started, finished = result.usage, result.started_at, result.finished_at
    return {
        "invocation_id": result.id,
        "function_id": function.function_id,
        "function_name": function.function_name,
        "instance_id": function.instance_id,
        "version_id": function.version_id,
        "function_started_unix_nano": started.seconds * _NANOSECONDS + started.nanos,
        "function_finished_unix_nano": finished.seconds * _NANOSECONDS + finished.nanos,
        "fuel": usage.fuel,
        "memory_bytes": usage.memory_bytes,
        "cold": usage.cold,
        "earlier_events": usage.earlier_events,
    }


def _add_seen(told: trail_pb2.SourceRun | trail_pb2.InsertRun, result: result_pb2.InvocationResult) -> None:
    if result.logs:
        told.logs.extend(result.logs)
    for request in result.requests:
        told.requests.add(
            method=request.method,
            url=request.url[:_URL_CHARACTERS],
            status=request.status,
            error_code=request.error_code,
            started_at=request.started_at,
            finished_at=request.finished_at,
            span_id=request.span_id,
        )
