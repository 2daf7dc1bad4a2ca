"""Webhooks from a client that costs little: on a machine that it shares with what it measures, it must."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator


async def send_webhooks(address: str, token: str, body: bytes, *, events: int, connections: int) -> float:
    """Send events over connections that are kept, one at a time on each; give the seconds until all are accepted."""
    request = (
        f"POST /hooks/{token} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n"
        f"user-agent: bench\r\naccept: */*\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body
    left = iter(range(events))
    start = time.perf_counter()
    await asyncio.gather(*(_client(address, request, left) for _ in range(connections)))
    return time.perf_counter() - start


async def _client(address: str, request: bytes, left: Iterator[int]) -> None:
    reader, writer = await asyncio.open_connection(*address.split(":"))
    for _ in left:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 202"), head
        length = head.partition(b"content-length: ")[2]
        await reader.readexactly(int(length.partition(b"\r\n")[0]))
    writer.close()
