"""How fast the way of an event is without the sandboxes: accept, then route and deliver, with services as processes.

The executor is scripted and answers at once. What is printed as CPU is the service's own, per event. Run with
`python -m tests.bench.path [events]`.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import uvloop

from penstock.config.v1 import config_pb2
from penstock.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc
from shared.bus import Bus, ConfigStore, StreamLimits, declare_streams
from shared.rpc.client import connect
from shared.rpc.identity import digest
from tests.bench.event import track_json
from tests.bench.hooks import send_webhooks
from tests.executor import ScriptedExecutor, returned, serving
from tests.nats import NatsServer, free_port
from tests.polling import until

_TICKS = os.sysconf("SC_CLK_TCK")
_GROUP = 100
_CONNECTIONS = 32


async def _executor(address: str) -> None:
    executor = ScriptedExecutor()
    executor.scripts["ins_1"] = lambda _: returned()
    async with serving(executor, address=address):
        await asyncio.Event().wait()


@asynccontextmanager
async def _process(arguments: Sequence[str], environment: Mapping[str, str]) -> AsyncGenerator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=dict(environment), stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _print(what: str, events: int, took_s: float, cpu_s: float) -> None:
    print(f"{what:<28}{events / took_s:8.0f} events/s   {cpu_s / events * 1e6:6.0f} us of CPU an event")


async def _configure(bus: Bus) -> None:
    store = ConfigStore(bus)
    function = config_pb2.InstanceConfig(instance_id="ins_1")
    destination = config_pb2.DestinationConfig(
        destination_id="dst_1", workspace_id="ws_1", name="d", enabled=True, function=function
    )
    await store.put("destination.dst_1", destination)
    for name, has_function in (("src_key", False), ("src_hook", True)):
        source = config_pb2.SourceConfig(source_id=name, workspace_id="ws_1", enabled=True, destination_ids=["dst_1"])
        if has_function:
            source.function.CopyFrom(function)
        await store.put(f"source.{name}", source)
        grant = config_pb2.TokenConfig(workspace_id="ws_1", source_id=name)
        await store.put(f"token.{digest(name)}", grant)


async def _ingest(address: str, events: int) -> float:
    groups = [[track_json(n) for n in range(start, start + _GROUP)] for start in range(0, events, _GROUP)]
    async with connect(address, token="src_key") as channel:
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
        start = time.perf_counter()
        for several in zip(*[iter(groups)] * 4, strict=False):
            await asyncio.gather(*(stub.Ingest(ingest_service_pb2.IngestRequest(messages=each)) for each in several))
        return time.perf_counter() - start


async def _is_ready(address: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://{address}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def main(events: int) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        nats = NatsServer(Path(folder))
        nats.start()
        try:
            await _measure(nats, Path(folder), events)
        finally:
            nats.kill()


async def _measure(nats: NatsServer, folder: Path, events: int) -> None:
    http, rpc, executor = (f"127.0.0.1:{free_port()}" for _ in range(3))
    environment = dict(os.environ) | {
        "PENSTOCK_NATS_URL": nats.url,
        "PENSTOCK_HTTP_ADDRESS": http,
        "PENSTOCK_DATABASE_URL": f"sqlite:///{folder}/delivery.db",
        "PENSTOCK_EXECUTOR_ADDRESSES": json.dumps([executor]),
    }
    async with Bus.open(nats.url, name="bench") as bus, _process(["tests.bench.path", executor], environment):
        await declare_streams(bus, StreamLimits(inbox_per_source=10 * events))
        await _configure(bus)
        async with _process(["services.gateway"], environment | {"PENSTOCK_GRPC_ADDRESS": rpc}) as pid:
            await until(lambda: _is_ready(http))
            before = _cpu_s(pid)
            _print("accept by gRPC", events, await _ingest(rpc, events), _cpu_s(pid) - before)
            before = _cpu_s(pid)
            took_s = await send_webhooks(http, "src_hook", track_json(0), events=events, connections=_CONNECTIONS)
            _print("accept by HTTP", events, took_s, _cpu_s(pid) - before)
        await _deliver(bus, environment, events)


async def _deliver(bus: Bus, environment: Mapping[str, str], events: int) -> None:
    async def settled() -> bool:
        infos = [await bus.jetstream.stream_info(name) for name in ("INBOX", "DELIVERIES")]
        return all(info.state.messages == 0 for info in infos)

    async def started() -> bool:
        return (await bus.jetstream.stream_info("OUTCOMES")).state.messages > 0

    async with _process(["services.delivery"], environment) as pid:
        await until(started)
        start, before = time.perf_counter(), _cpu_s(pid)
        await until(settled, timeout_s=600)
        # Half of the events are webhooks whose function sends nothing on.
        _print("route and deliver (half)", 2 * events, time.perf_counter() - start, _cpu_s(pid) - before)


if __name__ == "__main__":
    argument = sys.argv[1] if len(sys.argv) > 1 else "5000"
    uvloop.run(_executor(argument) if ":" in argument else main(int(argument)))
