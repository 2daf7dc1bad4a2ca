"""The JSON that passes between host and guest: what a hostile guest may have written is checked here."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from services.executor.guest import GuestFaultError, Input, Output
from services.executor.outside import Answer, OutgoingRequest, RequestFailedError
from services.executor.results import Invocation, LogLine

# The year 10000, which no timestamp reaches.
END_OF_TIME_MS = 253_402_300_800_000
# `WAITING` of enter.ts.
_WAITING = b'{"settled":false,"error":null,"outbox":[]}'
# Runs the author's top level alone.
LOAD = Input(b"null", b"l")
LEVELS = frozenset({"debug", "info", "warn", "error"})


@dataclass(frozen=True, slots=True)
class Failure:
    """What the guest says was thrown; `loading` tells that the author's top level threw it."""

    name: str
    message: str
    stack: str
    loading: bool


@dataclass(slots=True)
class Step:
    """What one entry into the guest came to. Records of the outbox are `[kind, record]`, checked one by one later."""

    settled: bool
    failure: Failure | None
    outbox: list[tuple[str, dict[str, Any]]]
    returned: bytes


def start_input(invocation: Invocation, *, kind: str, settings: bytes, seed: bytes) -> Input:
    """Write the input of an event's first entry."""
    return Input(
        invocation.payload,
        b"s%b%b:%b:%b" % (seed[8:].hex().encode(), kind.encode(), invocation.handler.encode(), settings),
    )


def resume_input(answers: Sequence[dict[str, Any]]) -> Input:
    """Write the input of a later entry."""
    return Input(json.dumps(answers).encode(), b"r")


def read_step(output: Output) -> Step:
    """Read the guest's output. Raises GuestFaultError for another form."""
    if not output.report:
        return Step(settled=True, failure=None, outbox=[], returned=output.returned)
    state_text, _newline, returned = output.report.partition(b"\n")
    if state_text == _WAITING:
        return Step(settled=False, failure=None, outbox=[], returned=b"")
    try:
        state = _loads(state_text)
        outbox = [_entry(each) for each in state["outbox"]]
        return Step(state["settled"] is True, _failure(state["error"]), outbox, output.returned or returned)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GuestFaultError(f"the guest's output has another form: {error!r}") from None


def _loads(text: bytes) -> Any:
    value = json.loads(text)
    if b"\\ud" not in text:
        return value
    # Half a surrogate pair is a text to JavaScript, but nothing that can be sent on.
    return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def _failure(value: Any) -> Failure | None:
    if value is None:
        return None
    return Failure(str(value["name"]), str(value["message"]), str(value["stack"]), value["loading"] is True)


def _entry(value: Any) -> tuple[str, dict[str, Any]]:
    kind, record = value
    if not isinstance(kind, str) or not isinstance(record, dict):
        raise TypeError(kind)
    return kind, cast("dict[str, Any]", record)


def log_line(record: dict[str, Any]) -> LogLine:
    """Read a `log` record."""
    level, time_ms = record.get("level"), number(record, "time_ms")
    if not 0 <= time_ms < END_OF_TIME_MS:
        raise GuestFaultError("a log line is of no time")
    return LogLine(time_ms, level if level in LEVELS else "info", str(record.get("text")))


def number(record: dict[str, Any], name: str) -> float:
    """Read a finite number of a record. Raises GuestFaultError."""
    value = record.get(name)
    if not isinstance(value, int | float) or not abs(value) < 1e300:
        raise GuestFaultError(f"{name} of a record is no number")
    return value


def record_id(record: dict[str, Any]) -> int:
    """Read a record's id. Raises GuestFaultError."""
    value = record.get("id")
    if not isinstance(value, int):
        raise GuestFaultError("a record has no id")
    return value


def outgoing_request(record: dict[str, Any], *, longest_s: float, max_answer_bytes: int) -> OutgoingRequest:
    """Read a `fetch` record. Raises GuestFaultError."""
    try:
        timeout_s = number(record, "timeout_ms") / 1000 if record.get("timeout_ms") else longest_s
        redirect = record.get("redirect")
        return OutgoingRequest(
            method=str(record["method"]),
            url=str(record["url"]),
            headers=[(str(name), str(value)) for name, value in record["headers"]],
            body=_body(record.get("body")),
            redirect=redirect if redirect in ("manual", "error") else "follow",
            timeout_s=min(max(timeout_s, 0.001), longest_s),
            max_answer_bytes=max_answer_bytes,
        )
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise GuestFaultError(f"a request of the guest has another form: {error!r}") from None


def _body(body: Any) -> bytes | None:
    if body is None:
        return None
    return str(body["text"]).encode() if "text" in body else base64.b64decode(body["base64"])


def answer_record(request_id: int, answer: Answer) -> dict[str, Any]:
    """Write an answer for the guest; a body that is not UTF-8 goes as base64."""
    try:
        body = {"text": answer.body.decode()}
    except UnicodeDecodeError:
        body = {"base64": base64.b64encode(answer.body).decode()}
    return {
        "id": request_id,
        "status": answer.status,
        "status_text": answer.reason,
        "url": answer.url,
        "redirected": answer.redirected,
        "headers": answer.headers,
        "body": body,
    }


def failure_record(request_id: int, error: RequestFailedError) -> dict[str, Any]:
    """Write for the guest why no answer came."""
    return {"id": request_id, "error": {"code": error.code, "message": error.message, "type": error.type}}
