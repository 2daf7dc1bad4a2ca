"""Frames become the author's places, and nothing that an author writes passes for one."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from services.executor import places
from services.executor.places import MAX_SOURCE_LINE, Places, has_frames
from services.executor.results import ErrorKind, FunctionError, InvocationResult, LogLine, Usage
from services.executor.source import MAX_MESSAGE, CodeFault
from shared.code import MAP_MARK

RESULT = InvocationResult(
    id="",
    returned=b"",
    error=None,
    messages=[],
    objects=[],
    logs=[],
    requests=[],
    usage=Usage(wall_s=0, fuel=0, memory_bytes=0, cold=True, earlier_events=0),
    started_ns=0,
    finished_ns=0,
)
# Two lines of one segment each: the second line of the source, and nothing.
MAP = {"version": 3, "sources": ["src/a.ts"], "sourcesContent": ["one\n  two();"], "mappings": "AACE;A"}


def code_with(content: Any) -> str:
    return f"a\nb\n{MAP_MARK}{base64.b64encode(json.dumps(content).encode()).decode()}\n"


def failed(message: str, *frames: str) -> InvocationResult:
    stack = "\n".join([f"Error: {message}", *(f"    at {frame}" for frame in frames)])
    return replace(RESULT, error=FunctionError(ErrorKind.BAD_REQUEST, "Error", message, stack))


def error_of(result: InvocationResult, code: str) -> FunctionError:
    error = Places().result(result, "digest", code).error
    assert error is not None
    return error


def test_frames_are_mapped_and_the_line_is_shown() -> None:
    error = error_of(failed("no", "f (function.js:1:7)", "glue (function.js:2:1)", "function.js:1:1"), code_with(MAP))
    assert error.stack == "Error: no\n    at f (src/a.ts:2:3)\n    at src/a.ts:2:3"
    assert (error.file, error.line, error.column, error.source_line) == ("src/a.ts", 2, 3, "  two();")


def test_without_a_map_the_line_of_the_code_is_shown() -> None:
    error = error_of(failed("no", "f (function.js:2:1)"), "one\ntwo")
    assert error.stack == "Error: no\n    at f (function.js:2:1)"
    assert (error.file, error.line, error.column, error.source_line) == ("function.js", 2, 1, "two")


def test_a_map_that_is_none_leaves_places_as_they_are() -> None:
    error = error_of(failed("no", "f (function.js:1:1)"), code_with({"version": 4}))
    assert (error.file, error.line, error.source_line) == ("function.js", 1, "a")


def test_what_a_message_says_is_no_frame() -> None:
    message = "see\n    at f (function.js:1:1)"
    error = error_of(failed(message), code_with(MAP))
    assert (error.message, error.stack, error.file) == (message, f"Error: {message}", "")


@pytest.mark.parametrize(
    "place", ["function.js:0:0", "function.js:999999999:1", "function.js:9999999999:1", "other.js:1:1"]
)
def test_places_that_are_none_are_no_harm(place: str) -> None:
    assert error_of(failed("no", f"f ({place})"), code_with(MAP)).file == ""


def test_what_is_shown_is_bounded() -> None:
    long = {**MAP, "sources": ["x" * 1000], "sourcesContent": ["\n" + "y" * 1000]}
    result = failed("no", *["f (function.js:1:1)"] * 100)
    result.logs = [LogLine(0, "info", "Error\n" + "    at f (function.js:1:1)\n" * 100)]
    shown = Places().result(result, "digest", code_with(long))
    assert shown.error is not None
    assert len(shown.error.stack) <= MAX_MESSAGE
    assert len(shown.error.source_line) == MAX_SOURCE_LINE
    assert len(shown.logs[0].text) <= MAX_MESSAGE
    assert "x" * 256 + ":2:3)" in shown.logs[0].text


def test_stacks_in_logs_are_mapped() -> None:
    texts = ["plain", "[Error: a\n    at f (function.js:1:1)]", "Error: b\n  at function.js:1:5 {\n  code: 1 }"]
    result = replace(RESULT, logs=[LogLine(0, "info", text) for text in texts])
    assert has_frames(result)
    assert not has_frames(replace(RESULT, logs=result.logs[:1]))
    shown = Places().result(result, "digest", code_with(MAP))
    assert [line.text for line in shown.logs] == [
        "plain",
        "[Error: a\n    at f (src/a.ts:2:3)]",
        "Error: b\n  at src/a.ts:2:3 {\n  code: 1 }",
    ]


def test_faults_are_mapped() -> None:
    fault = Places().fault(CodeFault("SyntaxError", "no", 1, 4), "digest", code_with(MAP))
    assert fault == CodeFault("SyntaxError", "no", 2, 3, "src/a.ts", "  two();")
    assert Places().fault(CodeFault("Error", "no"), "digest", code_with(MAP)) == CodeFault("Error", "no")


def test_maps_are_held_as_far_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Places()
    monkeypatch.setattr(places, "MAX_HELD", 1)
    for digest in ("a", "b"):
        held.result(failed("no", "f (function.js:1:1)"), digest, code_with(MAP))
    assert (held.knows("a"), held.knows("b")) == (False, True)
