"""The HTTP server of the gateway: its routes, and its life on a socket that is bound before anything starts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.answers import Refused, defect
from services.gateway.api.app import PREFIX as API
from services.gateway.api.app import ManagementApi
from services.gateway.connections import Connection, ConnectionLimits
from services.gateway.metrics_page import MetricsPage
from services.gateway.webhooks import PREFIX, Webhooks

_BACKLOG = 2048
_IDLE_CONNECTION_S = 15
# Longer than the log's answer may take, so that whoever waits for it is answered.
_STOP_S = 6
_SWEEP_S = 0.25


def make_app(*, webhooks: Webhooks, api: ManagementApi, metrics: MetricsPage, is_ready: Callable[[], bool]) -> ASGIApp:
    """Make the application: webhooks the short way, the management API its own, everything else by Starlette."""

    async def measured(request: Request) -> Response | Refused:
        return await metrics(request)

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ok\n" if is_ready() else "not ready\n", status_code=200 if is_ready() else 503)

    rest = Starlette(
        routes=[Route("/healthz", healthy), Route("/readyz", ready), Route("/metrics", measured)],
        exception_handlers={HTTPException: _on_http_error, Exception: _on_defect},
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await chosen(scope["path"])(scope, receive, send)

    def chosen(path: str) -> ASGIApp:
        if path.startswith(PREFIX):
            return webhooks
        return api if path == API or path.startswith(f"{API}/") else rest

    return app


class _Server(uvicorn.Server):
    """Leaves signals to the process that it is a part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp, address: str, *, limits: ConnectionLimits, stop_notice_s: float = 0.0
) -> AsyncGenerator[int]:
    """Serve while the block runs, and give the port. Raises OSError when the address cannot be had.

    At the end answers close their connections, for `stop_notice_s` still on new ones, then what was begun is finished.
    """
    listener = _listen(address)
    server = _Server(_config(app, limits))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=[listener]))
        sweeping = tasks.create_task(_sweep(server))
        try:
            yield listener.getsockname()[1]
        finally:
            limits.closing = True
            await asyncio.sleep(stop_notice_s)
            server.should_exit = True
            sweeping.cancel()


def _config(app: ASGIApp, limits: ConnectionLimits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # A class is asked for, and called.
        http=cast("Any", partial(Connection, limits=limits)),
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=_IDLE_CONNECTION_S,
        timeout_graceful_shutdown=_STOP_S,
    )


async def _sweep(server: uvicorn.Server) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_SWEEP_S)
        for connection in list(server.server_state.connections):
            cast("Connection", connection).cut_if_late(loop.time())


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 the standard library's signature
    return listener


async def _on_http_error(_request: Request, error: Exception) -> Response:
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    code = codes.get(known.status_code, "BAD_REQUEST")
    return _response(Refused(known.status_code, code, known.detail, headers=known.headers))


async def _on_defect(_request: Request, _error: Exception) -> Response:
    return _response(defect())


def _response(refused: Refused) -> Response:
    return Response(refused.body, refused.status, refused.headers, "application/json")
