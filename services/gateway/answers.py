"""The gateway's own answers over HTTP: small JSON, and what a client should do about an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from shared.errors import PenstockError, ResourceExhausted


class Refused(Exception):
    """A request that is answered with an error. `close` ends the connection, as its rest is not read."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, close: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        if close:
            self.headers["connection"] = "close"
        self.body = json.dumps({"error": {"code": code, "message": message}}).encode()

    @classmethod
    def until_later(cls, status: int, code: str, message: str, retry_s: float, *, close: bool = False) -> Refused:
        """Refuse for now, with `Retry-After`."""
        return cls(status, code, message, headers={"retry-after": str(max(1, round(retry_s)))}, close=close)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer, as an ASGI application."""
        await answer(send, self.status, self.body, self.headers)


def of_error(error: PenstockError, *, close: bool = False) -> Refused:
    """Make the answer to an event that could not be taken: 429 when its source is the cause, 503 when it is us."""
    status = {"TOO_LARGE": 413}.get(error.reason, 429 if isinstance(error, ResourceExhausted) else 503)
    return Refused.until_later(status, error.reason, error.message, error.retry_delay_s or 1, close=close)


def defect() -> Refused:
    """Make the answer to a request that met a defect."""
    return Refused(500, "INTERNAL", "The gateway met a defect; its log has the details.", close=True)


async def answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Send an answer of JSON."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    pairs += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": pairs}
    await send(start)
    await send({"type": "http.response.body", "body": body})
