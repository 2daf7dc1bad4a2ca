"""Connections of HTTP clients: how many there may be, and what becomes of those that are slow, silent or too large.

uvicorn bounds none of this: its parser takes heads of any size, and waits for ever for a request to come.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.gateway.answers import Refused

_RETRY_S = 1
_FULL = Refused.until_later(503, "TOO_MANY_CONNECTIONS", "The gateway has enough connections.", _RETRY_S, close=True)
_LATE = Refused(408, "REQUEST_TIMEOUT", "The request did not come in time.", close=True)
_LARGE = Refused(431, "HEADERS_TOO_LARGE", "The request's headers are too large.", close=True)
# Above this multiple of the connections that are served, more are not even told so.
_TOLD = 2


@dataclass(slots=True, kw_only=True)
class ConnectionLimits:
    """What all connections keep to. `closing` makes each answer the last one of its connection."""

    connections: int
    header_bytes: int
    header_timeout_s: float
    body_timeout_s: float
    closing: bool = False


class _JoiningTransport:
    """Writes an answer's head together with the first part of its body: a system call less for each answer."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._head = b""
        self._write = transport.write
        self.close = transport.close
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100"):
            self._head = data
        else:
            self._write(self._head + data)
            self._head = b""


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with limits. `cut_if_late` is to be called for each now and then."""

    def __init__(self, *args: Any, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        self._deadline = math.inf
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._deadline = self.loop.time() + self._limits.header_timeout_s
        if len(self.connections) > _TOLD * self._limits.connections:
            transport.abort()
        elif len(self.connections) > self._limits.connections:
            self.app = _FULL

    def data_received(self, data: bytes) -> None:
        if self._deadline == math.inf:
            self._deadline = self.loop.time() + self._limits.header_timeout_s
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._limits.header_bytes:
            self._refuse(_LARGE)

    def on_message_begin(self) -> None:
        # It may have come together with the end of the request before, which has just reset these.
        self._deadline = min(self._deadline, self.loop.time() + self._limits.header_timeout_s)
        self._head_bytes = max(self._head_bytes, 1)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._head_bytes > self._limits.header_bytes < self._head_size():
            self.app = _LARGE
        self._in_head = False
        self._deadline = self.loop.time() + self._limits.body_timeout_s
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":  # which is answered with a head alone
            self.cycle.transport = cast("Any", _JoiningTransport(self.transport))
        if self._limits.closing:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._deadline = math.inf
        super().on_message_complete()

    def cut_if_late(self, now: float) -> None:
        """End the connection if what it owes has not come in time."""
        if now < self._deadline or self._is_answering():
            return
        self._deadline = math.inf
        if self._in_head and not self._head_bytes:
            self.transport.close()
        else:
            self._refuse(_LATE)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _is_answering(self) -> bool:
        # What is late is then the request after the one that is worked on.
        return bool(self.cycle) and not self.cycle.more_body and not self.cycle.response_complete

    def _refuse(self, refused: Refused) -> None:
        """Answer without an application, which may be waiting for the rest of the request."""
        if self.transport.is_closing():
            return
        lines = [f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in refused.headers.items()]
        lines += [f"content-length: {len(refused.body)}", "", ""]
        self.transport.write("\r\n".join(lines).encode() + refused.body)
        self.transport.close()
