"""Measures what many sources and destinations cost on one machine: `python -m tests.bench.many [count [events]]`.

A whole installation gets 1,000 sources with a destination each: how long that takes, what they cost while nothing
happens, and whether an event costs more among them than it did when there were two: when it goes to those two, and when
each goes to another one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import grpc

from cli.local.addresses import read_addresses
from penstock.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc
from tests.bench.event import track
from tests.bench.figure import Figure, show
from tests.bench.installation import DELIVER, receiver
from tests.bench.processes import cpu_s, memory_kib
from tests.bench.registered import Workspace, first_workspace
from tests.e2e.penstock import Penstock, up
from tests.polling import until

_FEW = 2
_AT_ONCE = 8
_SETTLE_S = 5
_IDLE_S = 10
# Slow enough for most events to come alone: a group costs less.
_PER_SECOND = 40
_TIMEOUT_S = 120
_US = 1e6


class _Bench:
    def __init__(self, running: Penstock, outside: str, workspace: Workspace, function: str) -> None:
        self._running = running
        self._outside = outside
        self._workspace = workspace
        self._function = function
        self._tokens: list[str] = []

    async def create(self, upto: int) -> float:
        """Make sources, with a destination each, and give the seconds that it took."""
        start, numbers = time.perf_counter(), iter(range(len(self._tokens), upto))

        async def work() -> None:
            for number in numbers:
                name = f"many-{number}"
                self._tokens.append(await self._workspace.source(name))
                endpoint = f"{self._outside}/events"
                await self._workspace.destination(name, self._function, endpoint=endpoint, sources=[name])

        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        return time.perf_counter() - start

    def memory_kib(self) -> dict[str, int]:
        """Tell what each process holds."""
        return memory_kib(self._running)

    async def idle(self) -> dict[str, float]:
        """Tell what part of a core each process uses while nothing happens."""
        await asyncio.sleep(_SETTLE_S)
        before = cpu_s(self._running)
        await asyncio.sleep(_IDLE_S)
        return _difference(before, cpu_s(self._running), _IDLE_S)

    async def event_s(self, events: int, *, to: int, idle: Mapping[str, float]) -> dict[str, float]:
        """Tell what processor time of each process an event takes that goes to the first so many in turn."""
        # Sandboxes start at the first event.
        await self._send(to, to=to, per_second=5 * _PER_SECOND)
        before = cpu_s(self._running)
        await self._send(events, to=to, per_second=_PER_SECOND)
        used = _difference(before, cpu_s(self._running), events)
        return {name: used[name] - idle[name] / _PER_SECOND for name in used}

    async def _send(self, events: int, *, to: int, per_second: float) -> None:
        """Send at an even rate, and wait until all has arrived."""
        async with aiohttp.ClientSession() as client:
            async with client.delete(f"{self._outside}/figures"):
                pass
            async with grpc.aio.insecure_channel(read_addresses(self._running.data_dir).grpc) as channel:
                stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
                start = time.perf_counter()
                for number in range(events):
                    await asyncio.sleep(start + number / per_second - time.perf_counter())
                    token = self._tokens[number % to]
                    await stub.Ingest(
                        ingest_service_pb2.IngestRequest(messages=[_message(number)]),
                        metadata=(("authorization", f"Bearer {token}"),),
                    )

            async def arrived() -> bool:
                async with client.get(f"{self._outside}/figures") as answer:
                    return (await answer.json())["count"] >= events

            await until(arrived, timeout_s=_TIMEOUT_S)


def _message(number: int) -> bytes:
    event = track(number)
    return json.dumps(event | {"properties": event["properties"] | {"sent": event["sent"]}}).encode()


def _difference(before: Mapping[str, float], after: Mapping[str, float], by: float) -> dict[str, float]:
    return {name: (after[name] - before[name]) / by for name in before}


def measure(*, count: int = 1000, events: int = 400) -> list[Figure]:
    """Give the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder,
        receiver() as outside,
        up(Path(folder) / "data", "--egress-allow", "127.0.0.1/32") as running,
    ):
        return asyncio.run(_measure(running, outside, count, events))


async def _measure(running: Penstock, outside: str, count: int, events: int) -> list[Figure]:
    async with first_workspace(running) as workspace:
        bench = _Bench(running, outside, workspace, await workspace.function("deliver", DELIVER))
        await bench.create(_FEW)
        idle = [await bench.idle()]
        events_s = [await bench.event_s(events, to=_FEW, idle=idle[0])]
        memory = [bench.memory_kib()]
        created_s = await bench.create(count)
        idle.append(await bench.idle())
        memory.append(bench.memory_kib())
        events_s += [await bench.event_s(events, to=to, idle=idle[1]) for to in (_FEW, count)]
    made = count - _FEW
    figures = [Figure(f"creating {made:,} sources and destinations", f"{created_s:.0f} s, {made / created_s:,.0f}/s")]
    for name in idle[0]:
        kib = (memory[1][name] - memory[0][name]) / made
        cores = " / ".join(f"{each[name]:.1%}" for each in idle)
        took = " / ".join(f"{each[name] * _US:,.0f}" for each in events_s)
        figures += [
            Figure(f"{name}: memory of an idle source and destination", f"{kib:,.0f} KiB"),
            Figure(f"{name}: of a core while idle, {_FEW} / {count:,}", cores),
            Figure(f"{name}: an event among {_FEW} / {count:,} / to another each time", f"{took} us", "the same"),
        ]
    return figures


if __name__ == "__main__":
    given = dict(zip(("count", "events"), map(int, sys.argv[1:]), strict=False))
    show("many sources and destinations", measure(**given))
