"""Requests of tests through the egress client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from shared.egress import EgressClient, EgressError, EgressPolicy, EgressResponse
from tests.http_server import Server, http, serve


def answers(*addresses: str) -> Callable[[str], Awaitable[list[str]]]:
    async def lookup(_: str) -> list[str]:
        return list(addresses)

    return lookup


def client_for(*servers: Server, **options: Any) -> EgressClient:
    allow = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return EgressClient(policy=EgressPolicy.parse(allow), **options)


async def get(client: EgressClient, url: str, **options: Any) -> EgressResponse:
    defaults: dict[str, Any] = {"method": "GET", "timeout_s": 5, "max_body_bytes": 100_000}
    return await client.request(url=url, **{**defaults, **options})


async def failure(client: EgressClient, url: str, **options: Any) -> EgressError:
    with pytest.raises(EgressError) as caught:
        await get(client, url, **options)
    return caught.value


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server that answers `/`."""
    async with serve() as server:
        server.answer("/", http())
        yield server
