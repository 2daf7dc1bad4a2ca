"""What a run came to, seen as a case expects it: only what the case names, and as it names it where that fits."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, cast

from cli.commands.function_test.showing import batch_entry
from services.executor.results import InvocationResult, LogLine, RequestRecord


def seen_as(expected: dict[str, Any], result: InvocationResult) -> dict[str, Any]:
    """Give the outcome in the form of what is expected, which it equals if all is as expected.

    An error that is not expected is told too.
    """
    everything = _outcome(expected, result)
    seen = {name: everything[name] for name in expected}
    if result.error and not expected.get("error"):
        seen["error"] = {"kind": result.error.kind, "name": result.error.name, "message": result.error.message}
    return seen


def sensible(result: InvocationResult) -> dict[str, Any]:
    """Give what a case would expect of an outcome like this."""
    names = ["error"] if result.error else ["returned", "messages", "objects"]
    everything = _outcome({"error": dict.fromkeys(("kind", "name", "message"))}, result)
    return {name: everything[name] for name in (*names, "logs", "requests") if everything[name] not in (None, [])}


def difference(expected: Any, seen: Any) -> list[str]:
    """Give the lines of a diff: `-` was expected, `+` came."""
    seen = _in_order_of(expected, seen)
    before, after = (json.dumps(each, indent=2, ensure_ascii=False).splitlines() for each in (expected, seen))
    return list(difflib.unified_diff(before, after, "expected", "came", lineterm="", n=2))[2:]


def _in_order_of(expected: Any, seen: Any) -> Any:
    """Give what came with its keys in the order in which they are expected, which is no difference."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        names, fields = cast("dict[str, Any]", expected), cast("dict[str, Any]", seen)
        ordered = [*(name for name in names if name in fields), *(name for name in fields if name not in names)]
        return {name: _in_order_of(names.get(name), fields[name]) for name in ordered}
    if isinstance(expected, list) and isinstance(seen, list):
        wanted, came = cast("list[Any]", expected), cast("list[Any]", seen)
        return [_in_order_of(*each) for each in zip_longest(wanted[: len(came)], came)]
    return seen


def _outcome(expected: dict[str, Any], result: InvocationResult) -> dict[str, Any]:
    return {
        "returned": json.loads(result.returned) if result.returned else None,
        "batch": [batch_entry(each) for each in result.batch],
        "messages": [json.loads(each) for each in result.messages],
        "objects": [json.loads(each) for each in result.objects],
        "logs": [_log(*each) for each in _paired(expected.get("logs"), result.logs)],
        "requests": [_request(*each) for each in _paired(expected.get("requests"), result.requests)],
        "error": _error(expected.get("error"), result),
    }


def _paired(expected: Any, came: list[Any]) -> Iterator[tuple[Any, Any]]:
    wanted = cast("list[Any]", expected) if isinstance(expected, list) else []
    for index, each in enumerate(came):
        yield (wanted[index] if index < len(wanted) else None), each


def _log(expected: Any, line: LogLine) -> Any:
    if not isinstance(expected, dict):
        return line.text
    wanted = cast("dict[str, Any]", expected)
    seen: dict[str, Any] = {name: {"level": line.level, "text": line.text}.get(name) for name in wanted}
    if isinstance(pattern := wanted.get("pattern"), str):
        seen["pattern"] = pattern if re.search(pattern, line.text) else line.text
    return seen


def _request(expected: Any, request: RequestRecord) -> dict[str, Any]:
    wanted: dict[str, Any] = dict.fromkeys(("method", "url", "body"))
    if isinstance(expected, dict):
        wanted = cast("dict[str, Any]", expected)
    sent = {name.lower(): value for name, value in request.headers}
    everything: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "headers": {name: sent.get(name.lower()) for name in wanted.get("headers", {})},
        "body": _body(wanted.get("body"), request.body.decode(errors="replace")),
        "status": request.status,
    }
    seen = {name: everything[name] for name in wanted}
    if expected is None and seen["body"] == "":
        del seen["body"]
    return seen


def _body(expected: Any, body: str) -> Any:
    """A body that is expected as a text is compared as one, else as the JSON that it holds."""
    if isinstance(expected, str):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return body


def _error(expected: Any, result: InvocationResult) -> Any:
    error = result.error
    if error is None or not isinstance(expected, dict):
        return None
    came = {"kind": error.kind.value, "name": error.name, "message": error.message}
    return {name: came[name] for name in cast("dict[str, Any]", expected)}
