"""Measures a whole installation: events from HTTP in to HTTP out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import aiohttp
import httpx2

from tests.bench.event import track
from tests.bench.figure import Figure
from tests.e2e.penstock import Penstock, eventually, up

FORWARD = """
async function onRequest(request) {
  const event = request.json();
  Segment.track({ ...event, properties: { sent: event.sent } });
}
"""
DELIVER = """
async function onTrack(event, settings) {
  const answer = await fetch(settings.endpoint, { method: 'POST', body: JSON.stringify(event.properties) });
  if (!answer.ok) throw new RetryError(String(answer.status));
}
"""
ENDPOINT = [{"name": "endpoint", "type": "STRING", "required": True}]
CONNECTIONS = 32


def measure(*, events: int = 4000) -> list[Figure]:
    """Start an installation and give its figures."""
    with (
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder,
        receiver() as address,
        up(Path(folder) / "data", "--egress-allow", "127.0.0.1/32") as running,
    ):
        return asyncio.run(_way(running, Path(folder), address, events))


async def _way(running: Penstock, folder: Path, receiver: str, events: int) -> list[Figure]:
    source, destination = folder / "forward.js", folder / "deliver.js"
    source.write_text(FORWARD)
    destination.write_text(DELIVER)
    (folder / "deliver.settings.json").write_text(json.dumps(ENDPOINT))
    running.json("functions", "push", str(source))
    running.json("functions", "push", str(destination))
    url = running.json("sources", "create", "bench", "--function", "forward")["webhook_url"]
    running.json("destinations", "create", "bench", "--function", "deliver", "--set", f"endpoint={receiver}/events")
    running.json("connect", "bench", "bench")
    await _send(url, 200)
    await _arrived(receiver, 200)
    httpx2.delete(f"{receiver}/figures", trust_env=False)
    start = time.perf_counter()
    await _send(url, events)
    accepted_s = time.perf_counter() - start
    figures = await _arrived(receiver, events)
    delivered_s = time.perf_counter() - start
    httpx2.delete(f"{receiver}/figures", trust_env=False)
    await _send(url, 300, pause_s=0.02)
    calm = await _arrived(receiver, 300)
    return [
        Figure("HTTP in, acknowledged by the log", f"{events / accepted_s:,.0f}/s"),
        Figure("HTTP in to HTTP out", f"{events / delivered_s:,.0f}/s"),
        Figure("under full load, p50", f"{figures['p50_ms']:,.0f} ms"),
        Figure("at 50 events/s, p50 / p99", f"{calm['p50_ms']:.1f} / {calm['p99_ms']:.1f} ms"),
    ]


async def _send(url: str, count: int, *, pause_s: float = 0) -> None:
    numbers = iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def sender() -> None:
            for number in numbers:
                async with session.post(url, json=track(number)) as answer:
                    assert answer.status == 202, await answer.text()
                await asyncio.sleep(pause_s)

        await asyncio.gather(*(sender() for _ in range(1 if pause_s else CONNECTIONS)))


async def _arrived(receiver: str, count: int) -> dict[str, float]:
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(120):
        while True:
            figures: dict[str, float] = (await client.get(f"{receiver}/figures")).json()
            if figures["count"] >= count:
                return figures
            await asyncio.sleep(0.02)


@contextlib.contextmanager
def receiver() -> Generator[str]:
    """Run the outside in a process of its own while the block runs, and give its URL."""
    command = [sys.executable, "-m", "tests.bench.receiver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = eventually(process.stdout.readline, what="the receiver's port").strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
