"""Between the contract's messages and what runs inside."""

from __future__ import annotations

import json

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.executor.results import (
    FunctionError,
    FunctionKind,
    Invocation,
    InvocationResult,
    LogLine,
    RequestRecord,
    Usage,
)
from services.executor.source import CodeFault

KINDS = {
    config_pb2.FUNCTION_KIND_SOURCE: FunctionKind.SOURCE,
    config_pb2.FUNCTION_KIND_DESTINATION: FunctionKind.DESTINATION,
    config_pb2.FUNCTION_KIND_INSERT_DESTINATION: FunctionKind.INSERT_DESTINATION,
    config_pb2.FUNCTION_KIND_INSERT_SOURCE: FunctionKind.INSERT_SOURCE,
}
LANGUAGES = (config_pb2.LANGUAGE_UNSPECIFIED, config_pb2.LANGUAGE_JAVASCRIPT)


def invocation_of(message: executor_service_pb2.Invocation) -> Invocation:
    """Read what to run."""
    handler, payload = _input(message)
    return Invocation(
        id=message.id,
        handler=handler,
        payload=payload,
        traceparent=message.traceparent,
        wall_s=message.timeout.ToTimedelta().total_seconds() if message.HasField("timeout") else None,
    )


def _input(message: executor_service_pb2.Invocation) -> tuple[str, bytes]:
    match message.WhichOneof("input"):
        case "batch":
            return "onBatch", message.batch
        case "request":
            return "onRequest", _webhook(message.request)
        case _:
            return "", message.event


def _webhook(request: executor_service_pb2.WebhookRequest) -> bytes:
    record = {
        "method": request.method,
        "url": request.url,
        "headers": [(header.name, header.value) for header in request.headers],
        "body": request.body.decode(errors="replace"),
    }
    return json.dumps(record).encode()


def code_error(fault: CodeFault) -> executor_service_pb2.CodeError:
    """Write a fault of the code."""
    return executor_service_pb2.CodeError(name=fault.name, message=fault.message, line=fault.line, column=fault.column)


def add_result(
    results: RepeatedCompositeFieldContainer[result_pb2.InvocationResult], result: InvocationResult
) -> result_pb2.InvocationResult:
    """Write what a run came to, in place: messages that are put into others are copied."""
    message = results.add(
        id=result.id,
        returned=result.returned,
        usage=_usage(result.usage),
        started_at=_timestamp(result.started_ns),
        finished_at=_timestamp(result.finished_ns),
    )
    # Most events have nothing of these.
    if result.error:
        message.error.CopyFrom(_error(result.error))
    if result.messages or result.objects:
        message.messages.extend(result.messages)
        message.objects.extend(result.objects)
    if result.logs or result.requests:
        message.logs.extend(_log_line(line) for line in result.logs)
        message.requests.extend(_request(record) for record in result.requests)
    return message


def _error(error: FunctionError) -> result_pb2.FunctionError:
    return result_pb2.FunctionError(
        kind=result_pb2.ErrorKind.Value(f"ERROR_KIND_{error.kind}"),
        name=error.name,
        message=error.message,
        stack=error.stack,
    )


def _log_line(line: LogLine) -> result_pb2.LogLine:
    return result_pb2.LogLine(
        time=_timestamp(int(line.time_ms * 1e6)),
        level=result_pb2.LogLevel.Value(f"LOG_LEVEL_{line.level.upper()}"),
        text=line.text,
    )


def _request(record: RequestRecord) -> result_pb2.OutgoingRequest:
    return result_pb2.OutgoingRequest(
        method=record.method,
        url=record.url,
        headers=_headers(record.headers),
        body=record.body,
        status=record.status,
        response_headers=_headers(record.response_headers),
        response_body=record.response_body,
        error_code=record.error_code,
        started_at=_timestamp(record.started_ns),
        finished_at=_timestamp(record.finished_ns),
        span_id=record.span_id,
    )


def _headers(headers: list[tuple[str, str]]) -> list[result_pb2.Header]:
    return [result_pb2.Header(name=name.lower(), value=value) for name, value in headers]


def _usage(usage: Usage) -> result_pb2.Usage:
    seconds, nanos = divmod(int(usage.wall_s * 1e9), 1_000_000_000)
    return result_pb2.Usage(
        wall=Duration(seconds=seconds, nanos=nanos),
        fuel=usage.fuel,
        memory_bytes=usage.memory_bytes,
        cold=usage.cold,
        earlier_events=usage.earlier_events,
    )


def _timestamp(time_ns: int) -> Timestamp:
    seconds, nanos = divmod(time_ns, 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=nanos)
