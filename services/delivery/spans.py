"""Spans of delivery's hops, made when a hop has ended.

The whole way of an event is one trace: accept → source run → function run → its requests, source run → delivery →
function run → its requests; each delivery hangs under the source run, and each of its tries is a span of its own. A
batch has no span: its events belong to different traces. The executor tells when a function ran, so its spans are made
here, in the executor's name.
"""

from __future__ import annotations

import time

from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from penstock.config.v1 import config_pb2
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.delivery.retry import Decision
from services.delivery.trials import Run, Trial
from shared.bus.subjects import DELIVERIES, INBOX
from shared.telemetry import attributes as names
from shared.telemetry.propagation import TRACEPARENT, inject
from shared.telemetry.tracing import SpanEvent, Tracing

_SERVER_ERROR = 400


class Spans:
    """Makes the spans of delivery, and with `functions` those of what ran in the executor."""

    def __init__(self, *, tracing: Tracing, functions: Tracing) -> None:
        self._tracing = tracing
        self._functions = functions

    def begin(self, parent: SpanContext | None) -> SpanContext:
        """Allocate the context of a hop."""
        return self._tracing.begin(parent)

    def invocation(self, name: str, hop: SpanContext) -> executor_service_pb2.Invocation:
        """Begin an invocation whose function run is a span under `hop`, and its requests under that."""
        run = self._functions.begin(hop)
        return executor_service_pb2.Invocation(
            id=name, traceparent=inject(run)[TRACEPARENT], span_id=f"{run.span_id:016x}"
        )

    def source_run(
        self,
        run: Run,
        instance: config_pb2.InstanceConfig | None,
        result: result_pb2.InvocationResult | None,
        outcome: outcome_pb2.Outcome,
    ) -> None:
        """Record a source run."""
        failed = bool(outcome.reason)
        if not (run.context.trace_flags.sampled or failed or run.attempt > 1):
            return
        context = self._tracing.record_span(
            "source run",
            start_ns=run.started_ns,
            end_ns=time.time_ns(),
            parent=run.parent,
            context=run.context,
            kind=SpanKind.CONSUMER,
            error=outcome.reason or None,
            keep=run.attempt > 1,
            attributes={
                names.MESSAGING_SYSTEM: "nats",
                names.MESSAGING_OPERATION: "process",
                names.MESSAGING_OPERATION_TYPE: "process",
                names.MESSAGING_DESTINATION: INBOX,
                names.EVENT_ID: run.event.event_id,
                names.WORKSPACE: run.event.workspace_id,
                names.SOURCE: run.event.source_id,
                names.DELIVERY_TRY: run.attempt,
                names.DELIVERY_REASON: outcome.reason or None,
                names.EVENT_MESSAGES: outcome.messages_sent,
            },
        )
        if instance and result:
            self._function(context, run.function_span_id, instance, result)

    def delivery(
        self,
        trial: Trial,
        instance: config_pb2.InstanceConfig,
        result: result_pb2.InvocationResult,
        decision: Decision,
    ) -> None:
        """Record a try of a delivery."""
        failed = decision.status not in (outcome_pb2.STATUS_SUCCEEDED, outcome_pb2.STATUS_FILTERED)
        if not (trial.context.trace_flags.sampled or failed or trial.attempt > 1):
            return
        context = self._tracing.record_span(
            "deliver",
            start_ns=trial.started_ns,
            end_ns=time.time_ns(),
            parent=trial.parent,
            context=trial.context,
            kind=SpanKind.CONSUMER,
            error=decision.reason if failed else None,
            keep=trial.attempt > 1,
            attributes={
                names.MESSAGING_SYSTEM: "nats",
                names.MESSAGING_OPERATION: "process",
                names.MESSAGING_OPERATION_TYPE: "process",
                names.MESSAGING_DESTINATION: DELIVERIES,
                names.EVENT_ID: trial.delivery.event_id,
                names.MESSAGE_ID: trial.delivery.message_id,
                names.EVENT_TYPE: trial.delivery.event_type or None,
                names.WORKSPACE: trial.delivery.workspace_id,
                names.SOURCE: trial.delivery.source_id,
                names.DESTINATION: trial.delivery.destination_id,
                names.DELIVERY_ID: trial.delivery_id,
                names.DELIVERY_TRY: trial.attempt,
                names.DELIVERY_RESULT: outcome_pb2.Status.Name(decision.status).removeprefix("STATUS_"),
                names.DELIVERY_REASON: decision.reason or None,
                names.DELIVERY_NEXT_TRY_S: decision.delay_s,
                names.REPLAY: trial.delivery.replay or None,
            },
        )
        self._function(context, trial.function_span_id, instance, result)

    def _function(
        self,
        hop: SpanContext,
        span_id: int,
        instance: config_pb2.InstanceConfig,
        result: result_pb2.InvocationResult,
    ) -> None:
        error = result.error
        kind = result_pb2.ErrorKind.Name(error.kind).removeprefix("ERROR_KIND_") if error.kind else None
        context = self._functions.record_span(
            "function run",
            start_ns=result.started_at.ToNanoseconds(),
            end_ns=result.finished_at.ToNanoseconds(),
            parent=hop,
            context=_child(hop, span_id),
            error=f"{error.name}: {error.message}" if kind else None,
            attributes={
                names.FAAS_NAME: instance.function_name,
                names.FAAS_VERSION: instance.version_id,
                names.FAAS_INSTANCE: instance.instance_id,
                names.FAAS_COLDSTART: result.usage.cold,
                names.FUNCTION: instance.function_id,
                names.ERROR_KIND: kind,
                names.SANDBOX_FUEL: result.usage.fuel,
                names.SANDBOX_MEMORY: result.usage.memory_bytes,
                names.SANDBOX_USES: result.usage.earlier_events,
                names.REQUESTS: len(result.requests),
            },
            events=[
                SpanEvent("log", line.time.ToNanoseconds(), {"message": line.text, "level": _level(line)})
                for line in result.logs
            ],
        )
        for request in result.requests:
            self._request(context, request)

    def _request(self, function: SpanContext, request: result_pb2.OutgoingRequest) -> None:
        failure = request.error_code or (str(request.status) if request.status >= _SERVER_ERROR else None)
        self._functions.record_span(
            request.method,
            start_ns=request.started_at.ToNanoseconds(),
            end_ns=request.finished_at.ToNanoseconds(),
            parent=function,
            context=_child(function, int(request.span_id or "0", 16)),
            kind=SpanKind.CLIENT,
            error=failure,
            attributes={
                names.HTTP_REQUEST_METHOD: request.method,
                names.URL_FULL: request.url,
                names.HTTP_RESPONSE_STATUS_CODE: request.status or None,
                names.ERROR_TYPE: failure,
            },
        )


def _child(parent: SpanContext, span_id: int) -> SpanContext | None:
    """The context of a span whose id somebody else was told; kept if its parent is."""
    if not span_id:
        return None
    return SpanContext(parent.trace_id, span_id, is_remote=False, trace_flags=TraceFlags(parent.trace_flags))


def _level(line: result_pb2.LogLine) -> str:
    return result_pb2.LogLevel.Name(line.level).removeprefix("LOG_LEVEL_")
