"""`fetch` of a function over real sockets, under the egress policy, in the words of node-fetch 2."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.network import NetworkOutside
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, Limits
from shared.egress import EgressClient, EgressPolicy
from tests.images import cache_dir
from tests.nats import free_port

__all__ = ["cache_dir"]

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ANSWERS = {
    "/text": b"HTTP/1.1 200 Fine\r\nX-Name: \xc3\xa9\r\nContent-Length: 5\r\n\r\nhello",
    "/bytes": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\x00\xfe",
    "/old": b"HTTP/1.1 302 Found\r\nLocation: /text\r\nContent-Length: 0\r\n\r\n",
    "/large": b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + bytes(2000),
}


class Server:
    """Answers by path, keeps what it was sent."""

    def __init__(self) -> None:
        self.heads: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        writer.write(ANSWERS[head.split()[1]].replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    found = Server()
    listener = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    yield found, f"http://127.0.0.1:{port}"
    listener.close()
    await listener.wait_closed()


async def returned(cache_dir: Path, body: str, *, allow: str = "127.0.0.1/32") -> Any:
    """Run the body of a handler."""
    async with EgressClient(policy=EgressPolicy.parse(allow)) as client:
        executor: Executor = make_executor(cache_dir=cache_dir, outside=NetworkOutside(client), pool=SandboxPool())
        code = f"async function onTrack() {{ {body} }}"
        program = Program(
            key=code,
            code=code,
            digest=digest_of(code),
            kind=FunctionKind.DESTINATION,
            limits=Limits(response_bytes=1000),
        )
        result = await executor.run(program, Invocation(payload=b'{"type":"track"}', traceparent=TRACEPARENT))
        executor.pool.close()
        assert result.error is None, result.error
        return json.loads(result.returned)


async def test_an_answer_is_what_node_fetch_makes_of_it(cache_dir: Path, server: tuple[Server, str]) -> None:
    body = f"""
      const text = await fetch('{server[1]}/old');
      const bytes = await fetch('{server[1]}/bytes');
      return [text.url, text.redirected, text.statusText, text.headers.get('x-name'), await text.text(),
        (await bytes.buffer()).toString('hex')];"""
    url = f"{server[1]}/text"
    assert await returned(cache_dir, body) == [url, True, "Fine", "Ã©", "hello", "ff00fe"]
    assert all("traceparent: 00-0af7651916cd43dd8448eb211c80319c-" in head for head in server[0].heads)


CAUGHT = "try {{ await fetch('{url}'); }} catch (e) {{ return [e.name, e.type, e.code, e.message] }}"


async def test_no_answer_is_told_as_node_fetch_tells_it(cache_dir: Path) -> None:
    port = free_port()
    told = await returned(cache_dir, CAUGHT.format(url=f"http://127.0.0.1:{port}/"))
    reason = f"request to http://127.0.0.1:{port}/ failed, reason: connect ECONNREFUSED 127.0.0.1:{port}"
    assert told == ["FetchError", "system", "ECONNREFUSED", reason]


async def test_what_the_policy_refuses_is_told(cache_dir: Path, server: tuple[Server, str]) -> None:
    told = await returned(cache_dir, CAUGHT.format(url=f"{server[1]}/text"), allow="")
    assert told[2] == "EGRESS_DENIED"
    assert "it is a loopback address" in told[3]
    assert server[0].heads == []


async def test_an_answer_that_is_too_large_is_told(cache_dir: Path, server: tuple[Server, str]) -> None:
    told = await returned(cache_dir, CAUGHT.format(url=f"{server[1]}/large"))
    assert told[1] == "max-size"
    assert told[3] == f"content size at {server[1]}/large over limit: 1000"
