"""Spans of delivery's hops, made when a hop has ended.

The whole way of an event is one trace: accept → source run → function run → its requests, source run → delivery →
function run → its requests; each delivery hangs under the source run, and each of its tries is a span of its own, those
of a replay too. A batch has no span: its events belong to different traces. The executor tells when a function ran, so
its spans are made here, in the executor's name; those of hops before, when a trace turns out to be one to keep, are
made from the event's trail.
"""

from __future__ import annotations

import random
import time
from functools import partial

from opentelemetry.trace import SpanContext, SpanKind

from penstock.config.v1 import config_pb2
from penstock.event.v1 import delivery_pb2, inbound_pb2, outcome_pb2, trail_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.delivery.function_spans import FunctionRun, FunctionSpans
from services.delivery.retry import Decision
from services.delivery.trails import (
    Acceptances,
    Siblings,
    Told,
    acceptance_of,
    complete_acceptance,
    context,
    result_of,
    trail_of,
)
from services.delivery.trials import Inserted, Run, Trial
from shared.bus import Held
from shared.bus.subjects import DELIVERIES, INBOX
from shared.telemetry import attributes as names
from shared.telemetry.propagation import extract
from shared.telemetry.tracing import Tracing

_HTTP, _PUBSUB = "http", "pubsub"


class Spans:
    """Makes the spans of delivery, and those of what ran in the executor and happened before."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing
        self._functions = FunctionSpans(tracing.named("penstock-executor"))
        self._acceptances = Acceptances(tracing.named("penstock-gateway"))
        self._told = Told()
        self._kept = Told()
        self._siblings = Siblings()

    def begin_run(
        self, held: Held, event: inbound_pb2.InboundEvent, attempt: int
    ) -> tuple[SpanContext | None, SpanContext]:
        """Give the parent and the context of a source run: kept if it is tried again, or was slow so far."""
        parent = extract(held.headers)
        complete_acceptance(event, parent, stored_ns=held.stored_ns)
        slow = self._tracing.is_slow(event.acceptance.started_unix_nano, event.acceptance.finished_unix_nano)
        return parent, self._tracing.begin(parent, keep=attempt > 1 or slow)

    def begin_trial(
        self, held: Held, delivery: delivery_pb2.Delivery, attempt: int
    ) -> tuple[SpanContext | None, SpanContext]:
        """Give the parent and the context of a try: kept if it is not the first, or the source run was slow."""
        parent = extract(held.headers)
        started_ns = delivery.trail.source_run.started_unix_nano or held.stored_ns
        slow = self._tracing.is_slow(started_ns, held.stored_ns)
        kept = parent is not None and parent.trace_id in self._kept
        return parent, self._tracing.begin(parent, keep=attempt > 1 or delivery.replay > 0 or slow or kept)

    def invocation(self, name: str, hop: SpanContext) -> executor_service_pb2.Invocation:
        """Begin an invocation whose function run is a span under `hop`, and its requests under that."""
        span_id = f"{random.getrandbits(64) or 1:016x}"
        traceparent = f"00-{hop.trace_id:032x}-{span_id}-{hop.trace_flags:02x}"
        return executor_service_pb2.Invocation(id=name, traceparent=traceparent, span_id=span_id)

    def trail(
        self,
        run: Run,
        function: config_pb2.InstanceConfig | None,
        result: result_pb2.InvocationResult | None,
        *,
        failed: bool,
        messages: int,
        destinations: int,
    ) -> trail_pb2.Trail:
        """Tell of a run to what follows from it. What follows from one that failed is kept."""
        if failed and not run.context.trace_flags.sampled:
            run.context = context(run.context.trace_id, run.context.span_id)
        return trail_of(run, function, result, messages=messages, deliveries=messages * destinations)

    def source_run(
        self,
        run: Run,
        function: config_pb2.InstanceConfig | None,
        result: result_pb2.InvocationResult | None,
        outcome: outcome_pb2.Outcome,
    ) -> None:
        """Record a source run, if its trace is kept."""
        ended_ns = time.time_ns()
        keep = bool(outcome.reason) or run.attempt > 1 or self._tracing.is_slow(run.started_ns, ended_ns)
        if not (keep or run.context.trace_flags.sampled):
            return
        acceptance = acceptance_of(run)
        if acceptance is not None:
            self._accepted(acceptance, run.context.trace_id, run.event)
        self._told.first(run.context.span_id)
        hop = self._tracing.record_span(
            "source run",
            start_ns=run.started_ns,
            end_ns=ended_ns,
            parent=run.parent,
            context=run.context,
            kind=SpanKind.CONSUMER,
            error=outcome.reason or None,
            keep=keep,
            attributes=_run_attributes(run.event, attempt=run.attempt, messages=outcome.messages_sent)
            | {names.DELIVERY_REASON: outcome.reason or None, names.ERROR_TYPE: outcome.reason or None},
        )
        if function and result:
            self._functions.record(hop, FunctionRun(function, result, run.function_span_id, _HTTP), keep=keep)
        for inserted in run.inserted:
            self._functions.record(hop, _insert_run(inserted), keep=keep)

    def delivery(
        self,
        trial: Trial,
        decision: Decision,
        function: config_pb2.InstanceConfig | None = None,
        result: result_pb2.InvocationResult | None = None,
    ) -> None:
        """Record a try of a delivery, if its trace is kept."""
        ended_ns = time.time_ns()
        keep = _has_failed(decision) or trial.attempt > 1 or self._tracing.is_slow(trial.started_ns, ended_ns)
        run = FunctionRun(function, result, trial.function_span_id, _PUBSUB) if function and result else None
        trace_id = trial.context.trace_id
        if keep or trial.context.trace_flags.sampled:
            self._try(trial, decision, run, ended_ns, keep=keep)
        elif trial.delivery.trail.source_run.deliveries > 1:
            self._siblings.add(trace_id, partial(self._try, trial, decision, run, ended_ns, keep=True))
        if keep:
            self._kept.first(trace_id)
            self._siblings.record(trace_id)

    def undelivered(self, run: Run, delivery: delivery_pb2.Delivery, reason: str) -> None:
        """Record a delivery that never came into the log; the run that made it is kept too."""
        run.context = context(run.context.trace_id, run.context.span_id)
        now_ns = time.time_ns()
        decision = Decision(outcome_pb2.STATUS_EXHAUSTED, reason)
        self._tracing.record_span(
            "deliver",
            start_ns=now_ns,
            end_ns=now_ns,
            parent=run.context,
            kind=SpanKind.PRODUCER,
            error=reason,
            attributes=_delivery_attributes(delivery, decision, attempt=1, failed=True),
        )

    def _try(self, trial: Trial, decision: Decision, run: FunctionRun | None, ended_ns: int, *, keep: bool) -> None:
        if trial.parent is None or not trial.parent.trace_flags.sampled:
            self._tell(trial.delivery, trial.context.trace_id)
        failed = _has_failed(decision)
        hop = self._tracing.record_span(
            "deliver",
            start_ns=trial.started_ns,
            end_ns=ended_ns,
            parent=trial.parent,
            context=trial.context,
            kind=SpanKind.CONSUMER,
            error=decision.reason if failed else None,
            keep=keep,
            attributes=_delivery_attributes(trial.delivery, decision, attempt=trial.attempt, failed=failed),
        )
        if trial.inserted:
            self._functions.record(hop, _insert_run(trial.inserted), keep=keep)
        if run:
            self._functions.record(hop, run, keep=keep)

    def _tell(self, delivery: delivery_pb2.Delivery, trace_id: int) -> None:
        """Make the spans before a delivery from its trail, unless this process did."""
        trail, run = delivery.trail, delivery.trail.source_run
        if trail.HasField("acceptance"):
            self._accepted(trail.acceptance, trace_id, delivery)
        if not run.started_unix_nano or not self._told.first(run.span_id):
            return
        hop = self._tracing.record_span(
            "source run",
            start_ns=run.started_unix_nano,
            end_ns=delivery.routed_at.ToNanoseconds(),
            parent=context(trace_id, trail.acceptance.span_id) if trail.HasField("acceptance") else None,
            context=context(trace_id, run.span_id),
            kind=SpanKind.CONSUMER,
            keep=True,
            attributes=_run_attributes(delivery, attempt=1, messages=run.messages_sent),
        )
        if run.function_span_id:
            self._functions.record(hop, FunctionRun(run, result_of(run), run.function_span_id, _HTTP), keep=True)
        if run.HasField("insert_run"):
            insert = run.insert_run
            told = FunctionRun(insert, result_of(insert), insert.function_span_id, _PUBSUB)
            self._functions.record(hop, told, keep=True)

    def _accepted(
        self, acceptance: trail_pb2.Acceptance, trace_id: int, of: inbound_pb2.InboundEvent | delivery_pb2.Delivery
    ) -> None:
        self._acceptances.record(
            acceptance,
            trace_id=trace_id,
            workspace_id=of.workspace_id,
            source_id=of.source_id,
            event_id=of.event_id,
        )


def _insert_run(inserted: Inserted) -> FunctionRun:
    return FunctionRun(inserted.function, inserted.result, inserted.span_id, _PUBSUB)


def _has_failed(decision: Decision) -> bool:
    return decision.status not in (outcome_pb2.STATUS_SUCCEEDED, outcome_pb2.STATUS_FILTERED)


def _run_attributes(
    of: inbound_pb2.InboundEvent | delivery_pb2.Delivery, *, attempt: int, messages: int
) -> dict[str, str | int | float | None]:
    return {
        **_processing(INBOX, consumer=of.source_id, message=of.event_id),
        names.EVENT_ID: of.event_id,
        names.WORKSPACE: of.workspace_id,
        names.SOURCE: of.source_id,
        names.DELIVERY_TRY: attempt,
        names.EVENT_MESSAGES: messages,
        names.REPLAY: of.replay or None,
    }


def _delivery_attributes(
    delivery: delivery_pb2.Delivery, decision: Decision, *, attempt: int, failed: bool
) -> dict[str, str | int | float | None]:
    return {
        **_processing(DELIVERIES, consumer=delivery.destination_id, message=delivery.message_id),
        names.EVENT_ID: delivery.event_id,
        names.MESSAGE_ID: delivery.message_id,
        names.EVENT_TYPE: delivery.event_type or None,
        names.WORKSPACE: delivery.workspace_id,
        names.SOURCE: delivery.source_id,
        names.DESTINATION: delivery.destination_id,
        names.DELIVERY_TRY: attempt,
        names.DELIVERY_RESULT: outcome_pb2.Status.Name(decision.status).removeprefix("STATUS_"),
        names.DELIVERY_REASON: decision.reason or None,
        names.DELIVERY_NEXT_TRY_S: decision.delay_s,
        names.REPLAY: delivery.replay or None,
        names.ERROR_TYPE: decision.reason if failed else None,
    }


def _processing(stream: str, *, consumer: str, message: str) -> dict[str, str | int | float | None]:
    return {
        names.MESSAGING_SYSTEM: "nats",
        names.MESSAGING_OPERATION: "process",
        names.MESSAGING_OPERATION_TYPE: "process",
        names.MESSAGING_DESTINATION: stream,
        names.MESSAGING_CONSUMER: consumer,
        names.MESSAGING_MESSAGE_ID: message,
    }
