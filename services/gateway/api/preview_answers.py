"""What a test run came to, as the API answers it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal, cast
from uuid import uuid4

from penstock.executor.v1 import result_pb2
from services.gateway.api.models import time_text
from services.gateway.api.preview_models import (
    ConfigLog,
    Invoke,
    Preview,
    PreviewAnswer,
    PreviewError,
    PreviewExchange,
    PreviewLog,
    PreviewUsage,
    ResourceType,
)

_LEVELS = {"LOG_LEVEL_DEBUG": "debug", "LOG_LEVEL_WARN": "warn", "LOG_LEVEL_ERROR": "error"}
_SPECVERSION = "0.2"


def preview_of(result: result_pb2.InvocationResult) -> Preview:
    """Give a run as `functions test --json` does, its names in camel case."""
    preview = Preview.model_construct(
        returned=json.loads(result.returned) if result.returned else None,
        messages=[json.loads(each) for each in result.messages],
        objects=[json.loads(each) for each in result.objects],
        logs=[_log(each) for each in result.logs],
        requests=[_exchange(each) for each in result.requests],
        error=_error(result.error) if result.HasField("error") else None,
        usage=PreviewUsage(
            wall_ms=round(result.usage.wall.ToMicroseconds() / 1000, 3),
            fuel=result.usage.fuel,
            memory_bytes=result.usage.memory_bytes,
        ),
    )
    if result.batch:
        preview.batch = [_batch_entry(each) for each in result.batch]
    return preview


def config_answer(result: result_pb2.InvocationResult, kind: ResourceType) -> PreviewAnswer:
    """Give a run also as the Config API does."""
    preview = preview_of(result)
    invoke = Invoke(
        success=preview.error is None, output=json.dumps(_output(preview, kind)), trace=_trace(preview, result)
    )
    logs = [ConfigLog(message=line.text, created_at=line.time) for line in preview.logs]
    if preview.error:
        told = preview.error.stack or f"{preview.error.name}: {preview.error.message}"
        logs.append(ConfigLog(message=told, created_at=time_text(result.finished_at)))
    return PreviewAnswer(preview=preview, invoke=invoke, logs=logs, session_id=uuid4().hex)


def _output(preview: Preview, kind: ResourceType) -> Any:
    if kind == "SOURCE":
        return {"events": preview.messages, "objects": preview.objects}
    return preview.batch or preview.returned


def _trace(preview: Preview, result: result_pb2.InvocationResult) -> dict[str, Any]:
    return {
        "source": "penstock",
        "version": "1",
        "specversion": _SPECVERSION,
        "type": "com.segment.event.ack",
        "time": time_text(result.finished_at),
        "trace": {
            "name": preview.error.name if preview.error else "",
            "time": time_text(result.started_at),
            "duration": f"{result.usage.wall.ToMicroseconds() / 1e6:.3f}s",
            "logs": [{"time": line.time, "key": "NOTICE", "value": line.text} for line in preview.logs],
        },
    }


def _log(line: result_pb2.LogLine) -> PreviewLog:
    level = _LEVELS.get(result_pb2.LogLevel.Name(line.level), "info")
    return PreviewLog(
        time=time_text(line.time), level=cast('Literal["debug", "info", "warn", "error"]', level), text=line.text
    )


def _exchange(request: result_pb2.OutgoingRequest) -> PreviewExchange:
    return PreviewExchange(
        method=request.method,
        url=request.url,
        headers=_headers(request.headers),
        body=request.body.decode(errors="replace"),
        status=request.status,
        error_code=request.error_code,
        response_headers=_headers(request.response_headers),
        response_body=request.response_body.decode(errors="replace"),
    )


def _headers(headers: Iterable[result_pb2.Header]) -> dict[str, str]:
    return {header.name: header.value for header in headers}


def _error(error: result_pb2.FunctionError) -> PreviewError:
    return PreviewError(
        kind=result_pb2.ErrorKind.Name(error.kind).removeprefix("ERROR_KIND_"),
        name=error.name,
        message=error.message,
        stack=error.stack,
        file=error.file,
        line=error.line,
        column=error.column,
        source_line=error.source_line,
    )


def _batch_entry(entry: result_pb2.BatchEntry) -> dict[str, Any]:
    if entry.status:
        return {"status": entry.status, "message": entry.message}
    return {"event": json.loads(entry.event) if entry.event else None}
