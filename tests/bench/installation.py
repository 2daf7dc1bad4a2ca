"""Measures a whole installation: calls of the executor over gRPC, and events from HTTP in to HTTP out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import aiohttp
import httpx2

from cli.local.installation import read_addresses
from penstock.executor.v1 import executor_service_pb2 as executor
from penstock.executor.v1 import executor_service_pb2_grpc as executor_grpc
from shared.rpc import connect
from tests.bench.event import track, track_json
from tests.e2e.penstock import Penstock, eventually, up

ADD_A_PROPERTY = "async function onTrack(event) { event.properties.added = 'x'; return event }\n"
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
BATCH = 100
CONNECTIONS = 32


def measure(*, events: int = 4000) -> dict[str, float]:
    """Start an installation, measure it, and give figures by name (the unit is in the name)."""
    with (
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder,
        _receiver() as receiver,
        up(Path(folder) / "data", "--egress-allow", "127.0.0.1/32") as running,
    ):
        figures = asyncio.run(_executor(running, Path(folder)))
        return figures | asyncio.run(_way(running, Path(folder), receiver, events))


async def _executor(running: Penstock, folder: Path) -> dict[str, float]:
    code = folder / "add.js"
    code.write_text(ADD_A_PROPERTY)
    running.json("functions", "push", str(code))
    instance_id = running.json("destinations", "create", "add", "--function", "add")["instance_id"]
    address = read_addresses(running.data_dir).executors[0]
    token = (running.data_dir / "identities" / "delivery.token").read_text()
    async with connect(address, token=token) as channel:
        stub = executor_grpc.ExecutorServiceStub(channel)
        single_us = [await _invoke(stub, instance_id, 1) for _ in range(500)][100:]
        batch_us = [await _invoke(stub, instance_id, BATCH) for _ in range(60)][10:]
    return {
        "one event over gRPC, p50 (us)": statistics.median(single_us),
        "one event over gRPC, p99 (us)": statistics.quantiles(single_us, n=100)[98],
        "batch of 100 over gRPC, per event (us)": statistics.median(batch_us) / BATCH,
        "batch of 100 over gRPC (events/s)": BATCH / statistics.median(batch_us) * 1e6,
    }


async def _invoke(stub: Any, instance_id: str, count: int) -> float:
    invocations = [executor.Invocation(id=str(n), event=track_json(n)) for n in range(count)]
    request = executor.InvokeRequest(instance_id=instance_id, invocations=invocations)
    start = time.perf_counter()
    results = [result async for response in stub.Invoke(request) for result in response.results]
    took_us = (time.perf_counter() - start) * 1e6
    assert len(results) == count
    assert not any(result.HasField("error") for result in results), results[0]
    return took_us


async def _way(running: Penstock, folder: Path, receiver: str, events: int) -> dict[str, float]:
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
    return {
        "HTTP in, acknowledged by the log (events/s)": events / accepted_s,
        "HTTP in to HTTP out (events/s)": events / delivered_s,
        "HTTP in to HTTP out, under full load, p50 (ms)": figures["p50_ms"],
        "HTTP in to HTTP out, at 50 events/s, p50 (ms)": calm["p50_ms"],
        "HTTP in to HTTP out, at 50 events/s, p99 (ms)": calm["p99_ms"],
    }


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
def _receiver() -> Generator[str]:
    command = [sys.executable, "-m", "tests.bench.receiver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = eventually(process.stdout.readline, what="the receiver's port").strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
