"""Reading a webhook's body: bounded in size and time, and of a kind that a function can read."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
# A client that is cut off while it sends does not read the answer, so a body somewhat too large is read and dropped.
_LINGER = 2


class Refused(Exception):
    """A request that is answered with an error. `close` ends the connection, as its rest is not read."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: float | None = None, close: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.close = close


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large a body may be, and how long it may take to come."""

    size_bytes: int
    timeout_s: float


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """Read a JSON or form body. Raises Refused: 413, 415, 408, and 400 for JSON that cannot be parsed."""
    kind = _kind(request)
    try:
        async with asyncio.timeout(limits.timeout_s):
            body = await _bounded(request, limits.size_bytes)
    except TimeoutError:
        raise Refused(408, "BODY_TIMEOUT", "The body did not come in time.", close=True) from None
    except ClientDisconnect:
        raise Refused(400, "DISCONNECTED", "The client went away.", close=True) from None
    if kind == _JSON:
        parse_json(body)
    return body


def parse_json(text: bytes) -> Any:
    """Parse strict JSON. Raises Refused (400) for anything else, also for nesting that no parser takes."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "MALFORMED_JSON", "The body is not valid JSON.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _kind(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _FORM):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"The content type must be {_JSON} or {_FORM}.", close=True)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "UNSUPPORTED_CONTENT_ENCODING", "The body must not be compressed.", close=True)
    return kind


async def _bounded(request: Request, size_bytes: int) -> bytes:
    body = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= size_bytes:
            body += chunk
        elif received > _LINGER * size_bytes:
            break
    if received > size_bytes:
        raise Refused(413, "TOO_LARGE", f"The body is larger than {size_bytes} bytes.", close=True)
    return bytes(body)
