"""Between the contract's messages and what runs inside."""

from __future__ import annotations

import json

from google.protobuf.timestamp_pb2 import Timestamp

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.executor.results import (
    BatchEntry,
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
    if event := message.event:
        return "", event
    match message.WhichOneof("input"):
        case "batch":
            return "onBatch", message.batch
        case "request":
            return "onRequest", _webhook(message.request)
        case _:
            return "", event


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
    return executor_service_pb2.CodeError(
        name=fault.name,
        message=fault.message,
        line=fault.line,
        column=fault.column,
        file=fault.file,
        source_line=fault.source_line,
    )


def write_result(message: result_pb2.InvocationResult, result: InvocationResult) -> None:
    """Write what a run came to, in place: messages that are given to others are copied."""
    message.id = result.id
    # What an insert passes on of a batch stands in its entries.
    message.returned = b"" if any(not entry.status for entry in result.batch) else result.returned
    _write_usage(message.usage, result.usage)
    _write_time(message.started_at, result.started_ns)
    _write_time(message.finished_at, result.finished_ns)
    # Most events have nothing of these.
    if result.error:
        message.error.CopyFrom(_error(result.error))
    if result.messages or result.objects:
        message.messages.extend(result.messages)
        message.objects.extend(result.objects)
    if result.batch:
        message.batch.extend(_batch_entry(entry) for entry in result.batch)
    if result.logs or result.requests:
        message.logs.extend(_log_line(line) for line in result.logs)
        message.requests.extend(_request(record) for record in result.requests)


def _batch_entry(entry: BatchEntry) -> result_pb2.BatchEntry:
    return result_pb2.BatchEntry(status=entry.status, message=entry.message, event=entry.event)


def _error(error: FunctionError) -> result_pb2.FunctionError:
    return result_pb2.FunctionError(
        kind=result_pb2.ErrorKind.Value(f"ERROR_KIND_{error.kind}"),
        name=error.name,
        message=error.message,
        stack=error.stack,
        file=error.file,
        line=error.line,
        column=error.column,
        source_line=error.source_line,
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


def _write_usage(message: result_pb2.Usage, usage: Usage) -> None:
    message.wall.seconds, message.wall.nanos = divmod(int(usage.wall_s * 1e9), 1_000_000_000)
    message.fuel = usage.fuel
    message.memory_bytes = usage.memory_bytes
    message.cold = usage.cold
    message.earlier_events = usage.earlier_events


def _write_time(message: Timestamp, time_ns: int) -> None:
    message.seconds, message.nanos = divmod(time_ns, 1_000_000_000)


def _timestamp(time_ns: int) -> Timestamp:
    seconds, nanos = divmod(time_ns, 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=nanos)
