"""Functions that await a `fetch` in a real sandbox, and two servers for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.network import NetworkOutside
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, Limits
from shared.egress import EgressClient, EgressPolicy, EgressRules
from tests.http_server import Server, http, serve

LIMITS = Limits(request_s=0.5, response_bytes=100_000)
# What name servers say; a name that is not here does not exist.
NAMES = {
    "public.example": ["93.184.215.14"],
    "loopback.example": ["127.0.0.1"],
    "loopback6.example": ["::1"],
    "private.example": ["10.0.0.1", "192.168.1.1"],
    "metadata.example": ["169.254.169.254"],
    "shared.example": ["100.64.0.1"],
    "multicast.example": ["224.0.0.1"],
    "nowhere.example": ["0.0.0.0"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "translated.example": ["64:ff9b::a00:1"],
    "mixed.example": ["10.0.0.1", "127.0.0.1", "::1"],
}
CATCHING = """
async function onTrack(event, settings) {
  const { server, other } = settings;
  try {
    const response = await %s;
    return { status: response.status, url: response.url, bytes: (await response.buffer()).length };
  } catch (e) {
    return { name: e.name, type: e.type, code: e.code, message: e.message };
  }
}
"""


@pytest.fixture
async def other() -> AsyncIterator[Server]:
    """Another one."""
    async with serve() as server:
        server.answer("/", http())
        yield server


async def answers(host: str) -> list[str]:
    return NAMES.get(host, [])


async def fetched(
    cache_dir: Path,
    expression: str,
    *,
    policy: EgressPolicy | None = None,
    lookup: Callable[[str], Awaitable[list[str]]] = answers,
    rules: EgressRules | None = None,
    settings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run a handler that awaits the expression, and give what came of it."""
    async with EgressClient(policy=policy or EgressPolicy(), lookup=lookup) as client:
        executor = make_executor(cache_dir=cache_dir, outside=NetworkOutside(client), pool=SandboxPool())
        code = CATCHING % expression
        program = Program(
            key=code,
            code=code,
            digest=digest_of(code),
            kind=FunctionKind.DESTINATION,
            settings=json.dumps(settings or {}).encode(),
            limits=LIMITS,
            egress=rules,
        )
        result = await executor.run(program, Invocation(payload=b'{"type":"track"}'))
        executor.pool.close()
        assert result.error is None, result.error
        return json.loads(result.returned)


async def from_servers(
    cache_dir: Path, expression: str, server: Server, other: Server, **options: Any
) -> dict[str, Any]:
    """Run it where both servers may be reached, by address and by the names that lead to loopback."""
    options.setdefault("policy", EgressPolicy.parse(f"127.0.0.1:{server.port},127.0.0.1:{other.port}"))
    settings = {"server": server.url(""), "other": other.url("")}
    return await fetched(cache_dir, expression, settings=settings, **options)
