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
from shared.rpc import connect
from tests.bench.calls import ADD_A_PROPERTY, invoke, p99, request_of, server, throughput
from tests.bench.executor_server import TOKEN

LOOPS = [f"loop-{number}" for number in range(8)]
CODE = {"neighbour": ADD_A_PROPERTY} | dict.fromkeys(LOOPS, "function onTrack() { for (;;); }")


async def measure(address: str, *, seconds: float = 20) -> dict[str, float]:
    """Give figures by name."""
    request = request_of("neighbour", 1)
    async with connect(address, token=TOKEN) as channel:
        stub = executor_grpc.ExecutorServiceStub(channel)
        await throughput(lambda: invoke(stub, request), callers=1, seconds=1)
        alone, alone_s = await throughput(lambda: invoke(stub, request), callers=1, seconds=seconds / 5)
        ends: list[float] = []
        loops = [asyncio.create_task(_loop(stub, name, ends)) for name in LOOPS]
        beside, beside_s = await throughput(lambda: invoke(stub, request), callers=1, seconds=seconds)
        for loop in loops:
            loop.cancel()
    return {
        "neighbour alone (events/s)": alone,
        "neighbour alone, p50 (ms)": statistics.median(alone_s) * 1e3,
        "neighbour beside eight loops (events/s)": beside,
        "of its rate alone": beside / alone,
        "neighbour beside eight loops, p50 (ms)": statistics.median(beside_s) * 1e3,
        "neighbour beside eight loops, p99 (ms)": p99(beside_s) * 1e3,
        "loops that ended, all out of fuel": len(ends),
        "seconds from a loop's start to its end, median": statistics.median(ends) if ends else float("nan"),
    }


async def _loop(stub: Any, name: str, ends: list[float]) -> None:
    request = request_of(name, 1)
    while True:
        started_s = time.perf_counter()
        results = [result async for response in stub.Invoke(request) for result in response.results]
        assert results[0].error.kind == result_pb2.ERROR_KIND_OUT_OF_FUEL, results[0]
        ends.append(time.perf_counter() - started_s)


def main() -> None:
    """Print the figures."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with server(CODE) as (address, _pid):
        for name, value in asyncio.run(measure(address)).items():
            print(f"{name:<60}{value:>10,.2f}")


if __name__ == "__main__":
    main()
