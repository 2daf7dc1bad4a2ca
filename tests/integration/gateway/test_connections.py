"""Clients that are slow, silent, too large or too many: each is told and cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from shared.bus import Bus
from tests.integration.gateway.gateway import Gateway, gateway_running
from tests.nats import NatsServer

HEAD = b"POST /hooks/hook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
LIMITS: dict[str, Any] = {
    "webhook_body_timeout_s": 0.5,
    "http_header_timeout_s": 0.5,
    "http_header_bytes": 4096,
    "http_connections": 5,
}


@pytest.fixture
async def gateway(bus: Bus, nats_server: NatsServer) -> AsyncIterator[Gateway]:
    async with gateway_running(bus, nats_server, **LIMITS) as gateway:
        # Its connection that is kept alive would count.
        await gateway.http.aclose()
        yield gateway


async def talk(gateway: Gateway, *texts: bytes) -> bytes:
    """Send texts, and give what comes until the gateway closes."""
    reader, writer = await gateway.connect()
    try:
        for text in texts:
            writer.write(text)
        return await reader.read()
    finally:
        writer.close()


async def trickle(gateway: Gateway, start: bytes, drop: bytes) -> bytes:
    """Send a beginning, then more again and again, until the gateway closes; give what it answered."""
    reader, writer = await gateway.connect()
    writer.write(start)

    async def go_on() -> None:
        while True:
            writer.write(drop)
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as tasks:
        dripping = tasks.create_task(go_on())
        answer = await received(reader)
        dripping.cancel()
    writer.close()
    return answer


async def received(reader: asyncio.StreamReader) -> bytes:
    """Read until the end, also where the answer is cut off, as what was sent after it was not read any more."""
    answer = b""
    with suppress(ConnectionResetError):
        while piece := await reader.read(4096):
            answer += piece
    return answer


async def test_a_body_that_does_not_come_is_given_up(gateway: Gateway) -> None:
    answer = await talk(gateway, HEAD + b"content-length: 9\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in answer
    assert await gateway.events() == []


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (HEAD + b"content-length: 99999\r\n\r\n", b" "),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD, b"x-a: b\r\n"),
        (HEAD + b"x-endless: ", b"a"),
        (b"P", b"O"),
    ],
)
async def test_a_request_that_trickles_in_is_given_up(gateway: Gateway, start: bytes, drop: bytes) -> None:
    answer = await trickle(gateway, start, drop)
    assert not answer or answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400"))
    assert await gateway.events() == []


async def test_a_connection_without_request_is_closed(gateway: Gateway) -> None:
    assert await talk(gateway) == b""


async def test_a_second_request_that_never_ends_is_given_up(gateway: Gateway) -> None:
    answer = await talk(gateway, HEAD + b"content-length: 2\r\n\r\n{}", b"\r\n", HEAD)
    assert answer.startswith(b"HTTP/1.1 202")
    assert b"HTTP/1.1 408" in answer
    assert len(await gateway.events()) == 1


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"x-large: " + b"a" * 5000 + b"\r\ncontent-length: 2\r\n\r\n{}",
        HEAD + b"x-large: " + b"a" * 5000,
        HEAD + b"x-many: a\r\n" * 500,
        b"POST /hooks/" + b"a" * 5000,
    ],
)
async def test_a_head_that_is_too_large_is_refused(gateway: Gateway, head: bytes) -> None:
    answer = await talk(gateway, head)
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"HEADERS_TOO_LARGE" in answer
    assert await gateway.events() == []


async def test_a_large_body_behind_a_small_head_is_taken(gateway: Gateway) -> None:
    body = b'"' + b"a" * 100_000 + b'"'
    text = HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    assert (await talk(gateway, text)).startswith(b"HTTP/1.1 202")


async def test_a_client_that_waits_for_leave_to_send_gets_it(gateway: Gateway) -> None:
    reader, writer = await gateway.connect()
    writer.write(HEAD + b"expect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await reader.read()).startswith(b"HTTP/1.1 202")
    writer.close()


async def test_two_requests_at_once_are_answered_in_turn(gateway: Gateway) -> None:
    one = HEAD + b"content-length: 2\r\n"
    answer = await talk(gateway, one + b"\r\n{}" + one + b"connection: close\r\n\r\n[]")
    assert answer.count(b"HTTP/1.1 202") == 2
    assert [event.request.body for event, _ in await gateway.events()] == [b"{}", b"[]"]


@asynccontextmanager
async def silent(gateway: Gateway, number: int) -> AsyncGenerator[list[asyncio.StreamReader]]:
    """Open connections that send nothing."""
    connections = [await gateway.connect() for _ in range(number)]
    yield [reader for reader, _ in connections]
    for _, writer in connections:
        writer.close()


async def test_too_many_connections_are_told_to_come_back(gateway: Gateway) -> None:
    request = HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\n{}"
    async with silent(gateway, 5) as readers:
        answer = await talk(gateway, request)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in answer
        assert b"TOO_MANY_CONNECTIONS" in answer
        assert await asyncio.gather(*(reader.read() for reader in readers)) == [b""] * 5  # given up
        assert (await talk(gateway, request)).startswith(b"HTTP/1.1 202")


async def test_far_too_many_connections_are_cut(gateway: Gateway) -> None:
    async with silent(gateway, 10):
        with suppress(ConnectionError):
            assert await talk(gateway, HEAD) == b""
