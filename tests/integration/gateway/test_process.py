"""The gateway as a process: its memory while the log hangs, and its end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from shared.bus import Bus, StreamLimits
from tests.integration.gateway.gateway import is_ready, open_log
from tests.nats import NatsServer, free_port
from tests.polling import until

MIB = 1024 * 1024
HEAD = b"POST /hooks/hook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@dataclass
class Process:
    """A gateway's process, and requests to it."""

    port: int
    child: asyncio.subprocess.Process

    def peak_bytes(self) -> int:
        lines = Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    async def post(self, body: bytes) -> bytes:
        """Send a request that is to be the last of its connection, and give the status line."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            return (await reader.read())[:12]
        except ConnectionError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def process(server: NatsServer, **settings: str) -> AsyncGenerator[Process]:
    port = free_port()
    environment = os.environ | {"PENSTOCK_NATS_URL": server.url, "PENSTOCK_HTTP_ADDRESS": f"127.0.0.1:{port}"}
    environment |= {f"PENSTOCK_{name.upper()}": value for name, value in settings.items()}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.gateway", env=environment, stderr=subprocess.DEVNULL
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            await until(lambda: is_ready(http), timeout_s=60)
        yield Process(port, child)
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncGenerator[Bus]:
    async with open_log(nats_server, StreamLimits()) as bus:
        yield bus


async def test_memory_is_bounded_while_the_log_hangs(bus: Bus, nats_server: NatsServer) -> None:
    async with process(nats_server, in_flight_bytes=str(8 * MIB)) as gateway:
        before = gateway.peak_bytes()
        nats_server.hang()
        body = b'"' + b"a" * 200_000 + b'"'
        statuses: set[bytes] = set()
        # 360 MB in all, each of which would be held three times over.
        for _ in range(2):
            statuses |= set(await asyncio.gather(*(gateway.post(body) for _ in range(900))))
        assert statuses <= {b"HTTP/1.1 503", b"HTTP/1.1 429", b""}
        assert b"HTTP/1.1 503" in statuses
        assert gateway.peak_bytes() - before < 200 * MIB
        nats_server.go_on()

        async def accepts() -> bool:
            return await gateway.post(body) == b"HTTP/1.1 202"

        await until(accepts)


async def answers(reader: asyncio.StreamReader) -> Sequence[bytes]:
    """Give the heads of all answers until the connection is closed."""
    return [part for part in (await reader.read()).split(b"HTTP/1.1 ") if part]


async def test_what_was_begun_is_finished_when_it_stops(bus: Bus, nats_server: NatsServer) -> None:
    async with process(nats_server) as gateway:
        connections = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(20)]
        for _, writer in connections:
            writer.write(HEAD + b"content-length: 2\r\n\r\n{")
        idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        # Answered after all heads before it were read.
        assert await gateway.post(b"{}") == b"HTTP/1.1 202"
        gateway.child.terminate()
        assert await idle_reader.read() == b""
        for _, writer in connections:
            writer.write(b"}")
        for reader, writer in connections:
            (answer,) = await answers(reader)
            assert answer.startswith(b"202")
            assert b"connection: close" in answer
            writer.close()
        idle_writer.close()
        assert await gateway.child.wait() == 0
        assert (await bus.jetstream.stream_info("INBOX")).state.messages == 21


async def test_it_says_that_it_is_not_ready_before_it_stops(bus: Bus, nats_server: NatsServer) -> None:
    async with process(nats_server, stop_notice_s="60") as gateway:
        gateway.child.terminate()
        url = f"http://127.0.0.1:{gateway.port}"

        async def told() -> httpx2.Response | None:
            async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
                answer = await http.get("/readyz")
                return answer if answer.status_code == 503 else None

        answer = await until(told)
        assert answer
        assert answer.headers["connection"] == "close"
        assert await gateway.post(b"{}") == b"HTTP/1.1 202"


async def test_a_log_that_hangs_does_not_keep_it_from_stopping(bus: Bus, nats_server: NatsServer) -> None:
    async with process(nats_server) as gateway:
        nats_server.hang()
        body = b'"' + b"a" * 2_000_000 + b'"'
        # More than the connection's buffers hold.
        waiting = [asyncio.create_task(gateway.post(body)) for _ in range(10)]
        assert await gateway.post(b"{") == b"HTTP/1.1 400"
        gateway.child.terminate()
        assert set(await asyncio.gather(*waiting)) <= {b"HTTP/1.1 503", b""}
        assert await gateway.child.wait() == 0
        nats_server.go_on()  # for the end of the test
