"""`/metrics` of a process, on a port of its own, and how others read it. One page, one request a connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

from opentelemetry.sdk.resources import Resource

from shared.telemetry.metrics import REGISTRY
from shared.telemetry.metrics_text import CONTENT_TYPE, merged, metrics_text

_REQUEST_S = 5.0
_REQUEST_BYTES = 16 * 1024


def own_metrics(resource: Resource) -> str:
    """Write this process's metrics, each line with the service and its instance, which is host and process id."""
    attributes = resource.attributes
    labels = {name: str(attributes[name]) for name in ("service.name", "service.instance.id") if name in attributes}
    return metrics_text(REGISTRY, resource=labels)


async def all_metrics(resource: Resource, peers: Sequence[str]) -> str:
    """Write this process's metrics and those of other addresses; one that does not answer is left out."""
    others = await asyncio.gather(*map(_read, peers))
    return merged([own_metrics(resource), *filter(None, others)])


@asynccontextmanager
async def serving_metrics(address: str, resource: Resource) -> AsyncGenerator[int]:
    """Serve while the block runs, and give the port. Raises OSError when the address cannot be had."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(head, resource))
                await writer.drain()
        writer.close()

    host, _, port = address.rpartition(":")
    server = await asyncio.start_server(answer, host.strip("[]"), int(port), limit=_REQUEST_BYTES)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _response(head: bytes, resource: Resource) -> bytes:
    found = head.startswith((b"GET /metrics ", b"GET /metrics?"))
    body = own_metrics(resource).encode() if found else b"There is /metrics here.\n"
    status = "200 OK" if found else "404 Not Found"
    content_type = CONTENT_TYPE if found else "text/plain"
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", f"content-length: {len(body)}", "connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _read(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_REQUEST_S):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), family=socket.AF_UNSPEC)
            try:
                writer.write(b"GET /metrics HTTP/1.1\r\nconnection: close\r\n\r\n")
                answer = await reader.read(-1)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return ""
    head, _, body = answer.partition(b"\r\n\r\n")
    return body.decode() if head.startswith(b"HTTP/1.1 200") else ""
