"""The HTTP server of the gateway: its routes, and its life on a socket that is bound before anything starts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.gateway.bodies import Refused
from services.gateway.metrics_page import MetricsPage
from services.gateway.webhooks import Webhooks, refusal

_BACKLOG = 2048
_IDLE_CONNECTION_S = 15
_STOP_S = 5


def make_app(*, webhooks: Webhooks, metrics: MetricsPage, is_ready: Callable[[], bool]) -> Starlette:
    """Make the application."""

    async def hook(request: Request) -> Response:
        return await webhooks(request)

    async def measured(request: Request) -> Response:
        return await metrics(request)

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ok\n" if is_ready() else "not ready\n", status_code=200 if is_ready() else 503)

    return Starlette(
        routes=[
            Route("/hooks/{token}", hook, methods=["POST"]),
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Route("/metrics", measured),
        ],
        exception_handlers={HTTPException: _on_http_error, Exception: _on_defect},
    )


class _Server(uvicorn.Server):
    """Leaves signals to the process that it is a part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: Starlette, address: str, *, connections: int) -> AsyncGenerator[int]:
    """Serve while the block runs, and give the port. Raises OSError when the address cannot be had."""
    listener = _listen(address)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=connections,
        timeout_keep_alive=_IDLE_CONNECTION_S,
        timeout_graceful_shutdown=_STOP_S,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 the standard library's signature
    return listener


async def _on_http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    message = error.detail if isinstance(error, HTTPException) else ""
    response = refusal(Refused(status, codes.get(status, "BAD_REQUEST"), message))
    response.headers.update((error.headers or {}) if isinstance(error, HTTPException) else {})
    return response


async def _on_defect(_request: Request, _error: Exception) -> Response:
    return refusal(Refused(500, "INTERNAL", "The gateway met a defect; its log has the details.", close=True))
