"""The JSON that passes between host and guest: what a hostile guest may have written is checked here."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from services.executor.guest import GuestFaultError, Input, Output, OutputTooLongError
from services.executor.outside import Answer, OutgoingRequest, RequestFailedError
from services.executor.results import Invocation, LogLine
from services.executor.source import HANDLERS

# The year 10000, which no timestamp reaches.
END_OF_TIME_MS = 253_402_300_800_000
# `WAITING` of enter.ts.
_WAITING = b'{"settled":false,"error":null,"outbox":[]}'
# The largest that a guest can count to, number by number.
MAX_ID = 2**53
MAX_CACHE_KEY = 1024
# Runs the author's top level alone.
LOAD = Input(b"null", b"l")
LEVELS = frozenset({"debug", "info", "warn", "error"})


@dataclass(frozen=True, slots=True)
class Failure:
    """What the guest says was thrown.

    `loading` tells that the author's top level threw it, `own_class` of which error class of ours it is, if of any.
    """

    name: str
    message: str
    stack: str
    loading: bool
    own_class: str = ""


@dataclass(slots=True)
class Step:
    """What one entry into the guest came to. Records of the outbox are `[kind, record]`, checked one by one later."""

    settled: bool
    failure: Failure | None
    outbox: list[tuple[str, dict[str, Any]]]
    returned: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """What running the top level came to. `fresh` tells that it asked for something that no image may hold."""

    fresh: bool
    failure: Failure | None
    handlers: tuple[str, ...]


def start_input(invocation: Invocation, *, kind: str, settings: bytes, seed: bytes, epoch: bytes = b"0" * 12) -> Input:
    """Write the input of an event's first entry; `epoch` is the cache's, 12 hex digits."""
    return Input(
        invocation.payload,
        b"s%b%b%b:%b:%b" % (seed[8:].hex().encode(), epoch, kind.encode(), invocation.handler.encode(), settings),
    )


def resume_input(answers: Sequence[dict[str, Any]]) -> Input:
    """Write the input of a later entry."""
    return Input(json.dumps(answers).encode(), b"r")


def read_step(output: Output) -> Step:
    """Read the guest's output. Raises GuestFaultError for another form, OutputTooLongError for one nested too deep."""
    if not output.report:
        return Step(settled=True, failure=None, outbox=[], returned=output.returned)
    state_text, _newline, returned = output.report.partition(b"\n")
    if state_text == _WAITING:
        return Step(settled=False, failure=None, outbox=[], returned=b"")
    try:
        state = _loads(state_text)
        outbox = [_entry(each) for each in state["outbox"]]
        return Step(state["settled"] is True, _failure(state["error"]), outbox, output.returned or returned)
    except RecursionError:
        raise OutputTooLongError("The function sent something that is nested too deep.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise _another_form(error) from None


def read_loaded(output: Output) -> Loaded:
    """Read what the guest says after its top level was run. Raises GuestFaultError for another form."""
    try:
        state = _loads(output.report.partition(b"\n")[0])
        found = [name for name in sorted(HANDLERS) if name in state["handlers"]]
        return Loaded(state["fresh"] is not False, _failure(state["error"]), tuple(found))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _another_form(error) from None


def _another_form(error: Exception) -> GuestFaultError:
    return GuestFaultError(f"the guest's output has another form: {str(error)[:100]}")


def _loads(text: bytes) -> Any:
    value = _DECODER.decode(text.decode())
    if b"\\ud" not in text and b"\\uD" not in text:
        return value
    # Half a surrogate pair is a text to JavaScript, but nothing that can be sent on.
    return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)
_ENCODER = json.JSONEncoder(allow_nan=False)


def _failure(value: Any) -> Failure | None:
    if value is None:
        return None
    return Failure(
        _text(value["name"]),
        _text(value["message"]),
        _text(value["stack"]),
        loading=value["loading"] is True,
        own_class=_text(value.get("own_class", "")),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is of another type")
    return value


def _entry(value: Any) -> tuple[str, dict[str, Any]]:
    kind, record = value
    if not isinstance(kind, str) or not isinstance(record, dict):
        raise TypeError(kind)
    return kind, cast("dict[str, Any]", record)


def log_line(record: dict[str, Any]) -> LogLine:
    """Read a `log` record. Raises GuestFaultError."""
    time_ms = number(record, "time_ms")
    if not 0 <= time_ms < END_OF_TIME_MS:
        raise GuestFaultError("a log line is of no time")
    try:
        level, text = _text(record.get("level")), _text(record.get("text"))
    except TypeError as error:
        raise _another_form(error) from None
    return LogLine(time_ms, level if level in LEVELS else "info", text)


def left_out(record: dict[str, Any]) -> int:
    """Read how many characters of a line the guest has left out. Raises GuestFaultError."""
    return min(max(int(number(record, "more")), 0), MAX_ID) if "more" in record else 0


def message(record: dict[str, Any]) -> bytes:
    """Write a `message` or `object` record as it is sent on. Raises GuestFaultError for what no JSON can hold."""
    try:
        return _ENCODER.encode(record).encode()
    except (ValueError, RecursionError) as error:
        raise _another_form(error) from None


def number(record: dict[str, Any], name: str) -> float:
    """Read a finite number of a record. Raises GuestFaultError."""
    value = record.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e300:
        raise GuestFaultError(f"{name} of a record is no number")
    return value


def record_id(record: dict[str, Any]) -> int:
    """Read a record's id. Raises GuestFaultError."""
    value = record.get("id")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_ID:
        raise GuestFaultError("a record has no id")
    return value


def text(record: dict[str, Any], name: str) -> str:
    """Read a text of a record. Raises GuestFaultError."""
    try:
        return _text(record.get(name))
    except TypeError as error:
        raise _another_form(error) from None


def cache_key(record: dict[str, Any]) -> str:
    """Read the key of a record of the cache. Raises GuestFaultError."""
    key = text(record, "key")
    if len(key) > MAX_CACHE_KEY:
        raise GuestFaultError("a key of the cache is too long")
    return key


def outgoing_request(record: dict[str, Any], *, longest_s: float, max_answer_bytes: int) -> OutgoingRequest:
    """Read a `fetch` record. Raises GuestFaultError."""
    try:
        timeout_s = number(record, "timeout_ms") / 1000 if record.get("timeout_ms") else longest_s
        redirect = record.get("redirect")
        return OutgoingRequest(
            method=_text(record["method"]),
            url=_text(record["url"]),
            headers=[(_text(name), _text(value)) for name, value in record["headers"]],
            body=_body(record.get("body")),
            redirect=redirect if redirect in ("manual", "error") else "follow",
            inflate=record.get("inflate") is not False,
            timeout_s=min(max(timeout_s, 0.001), longest_s),
            max_answer_bytes=max_answer_bytes,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _another_form(error) from None


def _body(body: Any) -> bytes | None:
    if body is None:
        return None
    return _text(body["text"]).encode() if "text" in body else base64.b64decode(_text(body["base64"]))


def body_record(body: bytes) -> dict[str, str]:
    """Write a body; one that is not UTF-8 goes as base64."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def answer_record(request_id: int, answer: Answer) -> dict[str, Any]:
    """Write an answer for the guest."""
    return {
        "id": request_id,
        "status": answer.status,
        "status_text": answer.reason,
        "url": answer.url,
        "redirected": answer.redirected,
        "headers": answer.headers,
        "body": body_record(answer.body),
    }


def answer_of(record: Mapping[str, Any]) -> Answer:
    """Read what `answer_record` wrote. Raises GuestFaultError for another form."""
    try:
        headers = [(_text(name), _text(value)) for name, value in record["headers"]]
        body = _body(record["body"]) or b""
        status, redirected = int(record["status"]), record["redirected"] is True
        return Answer(status, _text(record["status_text"]), _text(record["url"]), headers, body, redirected)
    except (ValueError, KeyError, TypeError) as error:
        raise _another_form(error) from None


def failure_record(request_id: int, error: RequestFailedError) -> dict[str, Any]:
    """Write for the guest why no answer came."""
    return {"id": request_id, "error": {"code": error.code, "message": error.message, "type": error.type}}
