"""Measures what endless loops of other tenants cost a well-behaved one. `python -m tests.bench.fairness` prints it.

One executor process on one core, load on the other. A neighbour calls one event after the other, first alone, then
while eight workspaces run an endless loop each, again and again.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from typing import Any

from penstock.executor.v1 import executor_service_pb2_grpc as executor_grpc
from penstock.executor.v1 import result_pb2
from shared.rpc.client import connect
from tests.bench.calls import ADD_A_PROPERTY, invoke, request_of, server, throughput
from tests.bench.executor_server import TOKEN
from tests.bench.figure import Figure, percentiles, show

LOOPS = [f"loop-{number}" for number in range(8)]
CODE = {"neighbour": ADD_A_PROPERTY} | dict.fromkeys(LOOPS, "function onTrack() { for (;;); }")


async def _measure(address: str, *, seconds: float) -> list[Figure]:
    request = request_of("neighbour", 1)
    async with connect(address, token=TOKEN) as channel:
        stub = executor_grpc.ExecutorServiceStub(channel)
        await throughput(lambda: invoke(stub, request), callers=1, seconds=1)
        alone, alone_s = await throughput(lambda: invoke(stub, request), callers=1, seconds=seconds / 4)
        ends: list[float] = []
        stop = asyncio.Event()
        loops = [asyncio.create_task(_loop(stub, name, ends, stop)) for name in LOOPS]
        beside, beside_s = await throughput(lambda: invoke(stub, request), callers=1, seconds=seconds)
        stop.set()
        await asyncio.gather(*loops)
    p50_s, p99_s = percentiles(beside_s)
    return [
        Figure("a neighbour alone", f"{alone:,.0f}/s, p50 {percentiles(alone_s)[0] * 1e3:.1f} ms"),
        Figure("beside eight endless loops", f"{beside:,.0f}/s, p50 {p50_s * 1e3:.1f} ms"),
        Figure("of its rate alone", f"{beside / alone:.0%}", "50%"),
        Figure("p99", f"{p99_s * 1e3:.1f} ms", "20 ms"),
        Figure("loops ended, each at its fuel", f"{len(ends)}, after {statistics.median(ends or [0]):.1f} s"),
    ]


async def _loop(stub: Any, name: str, ends: list[float], stop: asyncio.Event) -> None:
    request = request_of(name, 1)
    while not stop.is_set():
        started_s = time.perf_counter()
        results = [result async for response in stub.Invoke(request, timeout=60) for result in response.results]
        assert results[0].error.kind == result_pb2.ERROR_KIND_OUT_OF_FUEL, results[0]
        ends.append(time.perf_counter() - started_s)


def measure(*, seconds: float = 16) -> list[Figure]:
    """Give the figures: server on one core, load on the other."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        with server(CODE) as (address, _pid):
            return asyncio.run(_measure(address, seconds=seconds))
    finally:
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    show("beside endless loops, one core", measure())
