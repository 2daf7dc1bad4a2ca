"""The trace context in the headers of a message, through a real server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import nats

from shared.telemetry.propagation import extract, inject
from shared.telemetry.tracing import Tracing


@asynccontextmanager
async def nats_server(port: int) -> AsyncGenerator[Any]:
    binary = Path(sys.executable).with_name("nats-server")
    process = await asyncio.create_subprocess_exec(
        binary, "--addr", "127.0.0.1", "--port", str(port), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        connect = cast("Any", nats).connect
        connection = await connect(f"nats://127.0.0.1:{port}", allow_reconnect=True, max_reconnect_attempts=60)
        yield connection
        await connection.close()
    finally:
        process.terminate()
        await process.wait()


async def test_a_message_carries_its_trace(unused_tcp_port: int) -> None:
    tracing = Tracing(service="s", sink=None)
    context = tracing.begin()
    async with nats_server(unused_tcp_port) as connection:
        subscription = await connection.subscribe("events")
        await connection.publish("events", b"x", headers={"Nats-Msg-Id": "1", **inject(context)})
        await connection.publish("events", b"x")
        traced, untraced = await subscription.next_msg(timeout=5), await subscription.next_msg(timeout=5)
    received = extract(traced.headers)
    assert received is not None
    assert (received.trace_id, received.span_id) == (context.trace_id, context.span_id)
    assert tracing.begin(received).trace_flags == context.trace_flags
    assert extract(untraced.headers) is None
