"""What a run came to, as JSON and as text."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli.code_errors import error_lines
from services.executor.results import BatchEntry, InvocationResult, LogLine, RequestRecord

_SHOWN_CHARS = 2000
_LEVELS = {"debug": "dim", "warn": "yellow", "error": "red"}


def as_json(result: InvocationResult) -> dict[str, Any]:
    """Give a run as `--json` prints it."""
    error = result.error
    return {
        "returned": json.loads(result.returned) if result.returned else None,
        **({"batch": [batch_entry(each) for each in result.batch]} if result.batch else {}),
        "messages": [json.loads(message) for message in result.messages],
        "objects": [json.loads(each) for each in result.objects],
        "logs": [{"time_ms": line.time_ms, "level": line.level, "text": line.text} for line in result.logs],
        "requests": [_request(each) for each in result.requests],
        "error": asdict(error) if error else None,
        "usage": {
            "wall_ms": round(result.usage.wall_s * 1000, 3),
            "fuel": result.usage.fuel,
            "memory_bytes": result.usage.memory_bytes,
        },
    }


def batch_entry(entry: BatchEntry) -> dict[str, Any]:
    """Give what was told of one event of a batch: its status, or what an insert function passes on of it."""
    if entry.status:
        return {"status": entry.status, "message": entry.message}
    return {"event": json.loads(entry.event) if entry.event else None}


def as_text(result: InvocationResult, file: str) -> list[RenderableType]:
    """Give a run of a function in this file as people read it."""
    parts: list[RenderableType] = []
    if result.error:
        parts.append(Text(f"✗ {result.error.kind}", style="bold red"))
        parts += error_lines(result.error, own_file=file)
    else:
        parts.append(Text("✓ finished", style="bold green"))
        parts += _section("Returned", [Text(result.returned.decode())] if result.returned else [])
    parts += _section("Batch", [Text(json.dumps(batch_entry(each), ensure_ascii=False)) for each in result.batch])
    parts += _section("Messages", [_pretty(message) for message in result.messages])
    parts += _section("Objects", [_pretty(each) for each in result.objects])
    parts += _section("Requests", [_exchange(each) for each in result.requests])
    parts += _section("Logs", [log_text(line) for line in result.logs])
    usage = result.usage
    shown = f"\n{usage.wall_s * 1000:.1f} ms   {usage.fuel:,} fuel   {usage.memory_bytes / 2**20:.1f} MiB"
    return [*parts, Text(shown, style="dim")]


def _request(request: RequestRecord) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode(errors="replace"),
        "status": request.status,
        "error_code": request.error_code,
        "response_headers": dict(request.response_headers),
        "response_body": request.response_body.decode(errors="replace"),
    }


def _exchange(request: RequestRecord) -> Text:
    text = Text(f"{request.method} {request.url}", style="cyan")
    _add_half(text, ">", request.headers, request.body)
    failed = not 200 <= request.status < 400
    text.append(f"\n← {request.status or request.error_code}", style="red" if failed else "green")
    _add_half(text, "<", request.response_headers, request.response_body)
    return text


def _add_half(text: Text, mark: str, headers: list[tuple[str, str]], body: bytes) -> None:
    for name, value in headers:
        text.append(f"\n{mark} {name}: {value}", style="dim")
    if body:
        text.append("\n" + _bounded(body.decode(errors="replace")), style="default")


def _bounded(text: str) -> str:
    more = len(text) - _SHOWN_CHARS
    return text if more <= 0 else f"{text[:_SHOWN_CHARS]}… [{more:,} more characters; --json shows them]"


def log_text(line: LogLine) -> Text:
    """Give a line of the log with its level."""
    return Text(f"{line.level:<5} {line.text}", style=_LEVELS.get(line.level, ""))


def _section(title: str, parts: list[Text]) -> list[RenderableType]:
    return [Text(f"\n{title}", style="bold"), *parts] if parts else []


def _pretty(data: bytes) -> Text:
    return Text(json.dumps(json.loads(data), indent=2, ensure_ascii=False))
