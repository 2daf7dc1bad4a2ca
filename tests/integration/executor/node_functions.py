"""Functions that use Node's modules in a real sandbox, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.network import NetworkOutside
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits
from shared.egress import EgressClient, EgressPolicy
from tests.http_server import Server, serve
from tests.images import cache_dir

__all__ = ["cache_dir"]

Run = Callable[[str], Awaitable[InvocationResult]]
LIMITS = Limits(request_s=5.0, response_bytes=200_000, wall_s=10)


async def no_names(_host: str) -> list[str]:
    return []


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    async with serve() as server:
        yield server


@pytest.fixture
async def run(cache_dir: Path) -> AsyncGenerator[Run]:
    """Run the body of a handler in a sandbox that reaches loopback, and nothing by name."""
    async with EgressClient(policy=EgressPolicy.parse("127.0.0.1/32"), lookup=no_names) as client:
        executor = make_executor(cache_dir=cache_dir, outside=NetworkOutside(client), pool=SandboxPool())

        async def run(body: str) -> InvocationResult:
            code = f"async function onTrack(event) {{ {body} }}"
            digest = digest_of(code)
            program = Program(key=digest, code=code, digest=digest, kind=FunctionKind.DESTINATION, limits=LIMITS)
            return await executor.run(program, Invocation(payload=b'{"type":"track"}'))

        yield run
        executor.pool.close()


async def returned(run: Run, body: str) -> Any:
    result = await run(body)
    assert result.error is None, result.error
    return json.loads(result.returned)
