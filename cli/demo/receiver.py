"""The outside of the demonstration: a real HTTP server that plays a CRM, and can fail for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from cli.local.ports import LOOPBACK


@dataclass(slots=True)
class Received:
    """A request that arrived, and how it was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int


@dataclass(slots=True)
class Receiver:
    """Answers 200, or 503 to the next `failures` requests. `on_request` is told of each."""

    on_request: Callable[[Received], None]
    port: int = 0
    failures: int = 0
    received: list[Received] = field(default_factory=list[Received])
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen on a free port of the loopback interface while the block runs."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield
        finally:
            await runner.cleanup()

    async def succeeded(self, count: int) -> None:
        """Wait until so many requests were answered with 200."""
        async with self._arrived:
            await self._arrived.wait_for(
                lambda: sum(each.status == web.HTTPOk.status_code for each in self.received) >= count
            )

    async def _take(self, request: web.Request) -> web.Response:
        failing = self.failures > 0
        self.failures -= failing
        status = web.HTTPServiceUnavailable.status_code if failing else web.HTTPOk.status_code
        received = Received(
            request.method,
            request.path,
            {name.lower(): value for name, value in request.headers.items()},
            await request.json(),
            status,
        )
        self.on_request(received)
        async with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        return web.json_response({"error": "down for maintenance"} if failing else {"ok": True}, status=status)
