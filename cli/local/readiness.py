"""How to tell that a child is ready: each gives a check that answers False until it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast

import grpc
import httpx2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cli.local.ports import LOOPBACK

Ready = Callable[[], Awaitable[bool]]
# One check; the supervisor repeats it.
_TIMEOUT_S = 2.0


def listening(port: int) -> Ready:
    """Check that a server takes connections."""

    async def ready() -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                _, writer = await asyncio.open_connection(LOOPBACK, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return ready


def serving(address: str) -> Ready:
    """Check that a gRPC server says SERVING of itself."""

    async def ready() -> bool:
        async with grpc.aio.insecure_channel(address) as channel:
            health = cast("Any", health_pb2_grpc).HealthStub(channel)  # the package has no types for channels that wait
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_S)
            except grpc.aio.AioRpcError:
                return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return ready


def answering(url: str) -> Ready:
    """Check that a GET of the URL is answered with 200."""

    async def ready() -> bool:
        async with httpx2.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as client:
            try:
                return (await client.get(url)).status_code == HTTPStatus.OK
            except httpx2.TransportError:
                return False

    return ready
