"""Functions under the rules of their workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.network import NetworkOutside
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation
from shared.egress import EgressClient, EgressPolicy, EgressRules
from tests.egress import server
from tests.http_server import Server, http
from tests.images import cache_dir
from tests.integration.executor.fetching import CATCHING, from_servers, other

__all__ = ["cache_dir", "other", "server"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (EgressRules.parse(deny=["127.0.0.0/8"]), "127.0.0.1:{port} is refused: the workspace's rules deny it"),
        (EgressRules.parse(allow=["*.example"]), "127.0.0.1:{port} is refused: the workspace's rules do not allow it"),
    ],
)
async def test_rules_of_the_workspace(
    cache_dir: Path, server: Server, other: Server, rules: EgressRules, words: str
) -> None:
    told = await from_servers(cache_dir, "fetch(server + '/')", server, other, rules=rules)
    assert (told["name"], told["code"]) == ("FetchError", "EGRESS_DENIED")
    assert told["message"].endswith(words.format(port=server.port))
    assert not server.requests


async def test_rules_of_the_workspace_after_a_redirect(cache_dir: Path, server: Server, other: Server) -> None:
    rules = EgressRules.parse(allow=["loopback.example"], deny=[f"127.0.0.1:{other.port}"])
    server.answer("/away", http(status="302 Found", Location=other.url("/", host="loopback.example")))
    expression = f"fetch('{server.url('/away', host='loopback.example')}')"
    told = await from_servers(cache_dir, expression, server, other, rules=rules)
    assert told["message"].endswith(f"loopback.example:{other.port} is refused: the workspace's rules deny it")
    assert (len(server.requests), len(other.requests)) == (1, 0)


async def test_of_two_workspaces_each_has_its_own_rules(cache_dir: Path, server: Server) -> None:
    """In one executor, one after the other, over a server that keeps its connections."""
    server.keeps_alive = True
    server.answer("/", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    code = CATCHING % "fetch(server + '/')"
    async with EgressClient(policy=EgressPolicy.parse("127.0.0.1")) as client:
        executor = make_executor(cache_dir=cache_dir, outside=NetworkOutside(client), pool=SandboxPool())
        told: list[dict[str, Any]] = []
        for workspace, deny in (("ws_1", "10.0.0.0/8"), ("ws_2", "127.0.0.0/8"), ("ws_1", "10.0.0.0/8")):
            program = Program(
                key=workspace,
                code=code,
                digest=digest_of(code),
                kind=FunctionKind.DESTINATION,
                settings=json.dumps({"server": server.url("")}).encode(),
                workspace_id=workspace,
                egress=EgressRules.parse(deny=[deny]),
            )
            result = await executor.run(program, Invocation(payload=b'{"type":"track"}'))
            told.append(json.loads(result.returned))
        executor.pool.close()
    assert [each.get("status") for each in told] == [200, None, 200]
    assert told[1]["message"].endswith("the workspace's rules deny it")
    assert (len(server.requests), server.connections) == (2, 1)
