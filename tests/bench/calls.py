"""Measures calls of an executor over gRPC, server on one core, load on the other.

`python -m tests.bench.calls` prints the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from pathlib import Path
from typing import Any

from penstock.executor.v1 import executor_service_pb2 as executor
from penstock.executor.v1 import executor_service_pb2_grpc as executor_grpc
from shared.rpc.client import connect
from tests.bench.event import track_json
from tests.bench.executor_server import TOKEN
from tests.bench.figure import Figure, percentiles, show

ADD_A_PROPERTY = "async function onTrack(event) { event.properties.added = 'x'; return event }"
BATCH = 100


@contextlib.contextmanager
def server(code: Mapping[str, str]) -> Generator[tuple[str, int]]:
    """Run an executor on the first core with an instance of each name, give its address and process id."""
    command = [sys.executable, "-m", "tests.bench.executor_server", "--code", json.dumps(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"127.0.0.1:{process.stdout.readline().strip()}", process.pid
        finally:
            process.kill()


def request_of(instance_id: str, count: int) -> executor.InvokeRequest:
    """Make a call of so many events."""
    invocations = [executor.Invocation(id=str(number), event=track_json(number)) for number in range(count)]
    return executor.InvokeRequest(instance_id=instance_id, invocations=invocations)


async def invoke(stub: Any, request: executor.InvokeRequest) -> float:
    """Make a call, give its seconds."""
    started_s = time.perf_counter()
    results = [result async for response in stub.Invoke(request, timeout=60) for result in response.results]
    took_s = time.perf_counter() - started_s
    assert len(results) == len(request.invocations)
    assert not any(result.HasField("error") for result in results), results[0]
    return took_s


async def invoke_one(stub: Any, request: executor.InvokeOneRequest) -> float:
    """Make a call of one event, give its seconds."""
    started_s = time.perf_counter()
    response = await stub.InvokeOne(request, timeout=60)
    assert not response.result.HasField("error"), response
    return time.perf_counter() - started_s


Call = Callable[[], Coroutine[Any, Any, float]]


async def throughput(call: Call, *, callers: int, seconds: float) -> tuple[float, list[float]]:
    """Call again and again from so many callers; give calls a second, and the seconds of each."""
    took_s: list[float] = []
    until_s = time.perf_counter() + seconds

    async def caller() -> None:
        while time.perf_counter() < until_s:
            took_s.append(await call())

    started_s = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return len(took_s) / (time.perf_counter() - started_s), took_s


async def paced(call: Call, *, rate: float, seconds: float) -> list[float]:
    """Call so many times a second, whether earlier calls are answered or not; give the seconds of each."""
    started_s = time.perf_counter()
    calls: list[asyncio.Task[float]] = []
    for number in itertools.count():
        due_s = started_s + number / rate
        if due_s > started_s + seconds:
            return list(await asyncio.gather(*calls))
        await asyncio.sleep(max(due_s - time.perf_counter(), 0))
        calls.append(asyncio.create_task(call()))
    raise AssertionError


def cpu_s(pid: int) -> float:
    """Give the processor time that a process has used: what stays the same on a machine that others use too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(address: str, pid: int) -> list[Figure]:
    one = executor.InvokeOneRequest(instance_id="add", invocation=executor.Invocation(id="0", event=track_json(0)))
    batch = request_of("add", BATCH)
    async with connect(address, token=TOKEN) as channel:
        stub = executor_grpc.ExecutorServiceStub(channel)
        await throughput(lambda: invoke(stub, batch), callers=4, seconds=1)
        before_s = cpu_s(pid)
        singles, took_s = await throughput(lambda: invoke_one(stub, one), callers=8, seconds=4)
        single_s = (cpu_s(pid) - before_s) / len(took_s)
        half_s = await paced(lambda: invoke_one(stub, one), rate=singles / 2, seconds=4)
        before_s = cpu_s(pid)
        batches, took_s = await throughput(lambda: invoke(stub, batch), callers=4, seconds=4)
        batch_s = (cpu_s(pid) - before_s) / len(took_s) / BATCH
    p50_s, p99_s = percentiles(half_s)
    return [
        Figure("one event a call, 8 callers", f"{singles:,.0f}/s", "2,000/s"),
        Figure("the executor's processor time", f"{single_s * 1e6:,.0f} us"),
        Figure("at half that rate, p50 / p99", f"{p50_s * 1e3:.1f} / {p99_s * 1e3:.1f} ms", "p99 5 ms"),
        Figure("batches of 100, 4 callers", f"{batches * BATCH:,.0f}/s", "12,000/s"),
        Figure("the executor's processor time, an event", f"{batch_s * 1e6:,.0f} us", "rudder-transformer 88"),
    ]


def measure() -> list[Figure]:
    """Give the figures: server on one core, load on the other."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        with server({"add": ADD_A_PROPERTY}) as (address, pid):
            return asyncio.run(_measure(address, pid))
    finally:
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    show("calls over gRPC, one core", measure())
