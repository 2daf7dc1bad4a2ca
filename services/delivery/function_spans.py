"""Spans of what ran in the executor, made from its timestamps, in its name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from penstock.config.v1 import config_pb2
from penstock.event.v1 import trail_pb2
from penstock.executor.v1 import result_pb2
from shared.telemetry import attributes as names
from shared.telemetry.tracing import SpanEvent, Tracing

_CLIENT_ERROR = 400
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class FunctionRun:
    """One run of a function: what ran, what came of it, and the span that it was told to be."""

    function: config_pb2.InstanceConfig | trail_pb2.SourceRun | trail_pb2.InsertRun
    result: result_pb2.InvocationResult
    span_id: int
    trigger: str


class FunctionSpans:
    """Records runs of functions and the requests that these made."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def record(self, hop: SpanContext, run: FunctionRun, *, keep: bool) -> None:
        """Record a run under its hop."""
        result, function = run.result, run.function
        error = result.error
        kind = result_pb2.ErrorKind.Name(error.kind).removeprefix("ERROR_KIND_") if error.kind else None
        context = self._tracing.record_span(
            "function run",
            start_ns=result.started_at.ToNanoseconds(),
            end_ns=result.finished_at.ToNanoseconds(),
            parent=hop,
            context=_child(hop, run.span_id),
            error=f"{error.name}: {error.message}" if kind else None,
            keep=keep,
            attributes={
                names.FAAS_TRIGGER: run.trigger,
                names.FAAS_INVOCATION_ID: result.id,
                names.FAAS_NAME: function.function_name,
                names.FAAS_VERSION: function.version_id,
                names.FAAS_INSTANCE: function.instance_id,
                names.FAAS_COLDSTART: result.usage.cold,
                names.FUNCTION: function.function_id,
                names.ERROR_KIND: kind,
                names.ERROR_TYPE: kind,
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
            self._request(context, request, keep=keep)

    def _request(self, function: SpanContext, request: result_pb2.OutgoingRequest, *, keep: bool) -> None:
        failure = request.error_code or (str(request.status) if request.status >= _CLIENT_ERROR else None)
        known = request.method in _METHODS
        host, port = _server(request.url)
        self._tracing.record_span(
            request.method if known else "HTTP",
            start_ns=request.started_at.ToNanoseconds(),
            end_ns=request.finished_at.ToNanoseconds(),
            parent=function,
            context=_child(function, int(request.span_id or "0", 16)),
            kind=SpanKind.CLIENT,
            error=failure,
            keep=keep,
            attributes={
                names.HTTP_REQUEST_METHOD: request.method if known else "_OTHER",
                names.HTTP_REQUEST_METHOD_ORIGINAL: None if known else request.method,
                names.URL_FULL: request.url,
                names.SERVER_ADDRESS: host,
                names.SERVER_PORT: port,
                names.HTTP_RESPONSE_STATUS_CODE: request.status or None,
                names.ERROR_TYPE: failure,
            },
        )


def _child(parent: SpanContext, span_id: int) -> SpanContext | None:
    """The context of a span whose id somebody else was told; kept if its parent is."""
    if not span_id:
        return None
    return SpanContext(parent.trace_id, span_id, is_remote=False, trace_flags=TraceFlags(parent.trace_flags))


def _server(url: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None, None


def _level(line: result_pb2.LogLine) -> str:
    return result_pb2.LogLevel.Name(line.level).removeprefix("LOG_LEVEL_")
