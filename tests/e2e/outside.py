"""The outside world: an HTTP server in a thread, which keeps what arrives and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Arrived:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class Outside:
    """Answers 503 to the next `failures` requests, 200 to all others; with what it was sent if it `echoes`."""

    port: int = 0
    failures: int = 0
    echoes: bool = False
    arrived: list[Arrived] = field(default_factory=list[Arrived])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def take(self, request: Arrived) -> int:
        """Keep a request, and give the status of its answer."""
        with self._lock:
            self.arrived.append(request)
            failing = self.failures > 0
            self.failures -= failing
        return 503 if failing else 200


@contextmanager
def outside_world() -> Generator[Outside]:
    """Run the server while the block runs."""
    outside = Outside()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = outside.take(Arrived(self.command, self.path, headers, json.loads(body or "null")))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            answer = json.dumps([self.path, headers, body.decode()]).encode() if outside.echoes else b"{}"
            self.send_header("Content-Length", str(len(answer)))
            if outside.echoes:
                self.send_header("X-Echo", self.path)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_GET = _take  # noqa: N815 the base class's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        outside.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield outside
        server.shutdown()
        thread.join()
