"""Many handlers that wait for a server at the same time, under the defaults of an installation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.executor.v1 import executor_service_pb2 as contract
from services.executor.local import make_executor
from services.executor.network import NetworkOutside
from services.executor.pool import SandboxPool
from services.executor.programs import Programs
from services.executor.service import ExecutorServicer
from services.executor.settings import ExecutorSettings
from services.executor.usage import UsageMeter
from shared.egress import EgressClient, EgressPolicy
from tests.bench.deployed import Deployed
from tests.bench.event import track_json
from tests.bench.figure import Figure, percentiles
from tests.bench.slow_server import DELAY_S
from tests.footprint import footprint

HANDLERS = 2000
INSTANCES = 250
TARGET_S = 2.0
CODE = """
async function onTrack(event, settings) {
  const answer = await fetch(settings.endpoint);
  return answer.status;
}
"""


async def measure(folder: Path, advance: Callable[[], None]) -> list[Figure]:
    """Have each instance called with events that all wait for the server, in a warm process and a cold one.

    `advance` is called after the code of each instance was built.
    """
    with _server() as port:
        settings = ExecutorSettings(data_dir=folder, egress_allow=f"127.0.0.1:{port}")
        client = EgressClient(
            policy=EgressPolicy.parse(settings.egress_allow),
            max_connections=settings.connections,
            max_connections_per_host=settings.connections_per_host,
        )
        async with client as egress:
            pool = SandboxPool(
                per_key=settings.sandboxes_per_instance,
                idle=settings.warm_sandboxes,
                idle_bytes=settings.warm_bytes,
                wait_s=settings.wait_s,
            )
            outside = NetworkOutside(egress)
            executor = make_executor(
                cache_dir=folder, outside=outside, pool=pool, image_capacity=settings.loaded_images
            )
            for number in range(INSTANCES):
                await executor.check(_code(number))  # as saving a version does
                advance()
            programs = Programs(deployments=_deployed(port), pool=pool, limits=settings.limits)
            servicer = ExecutorServicer(
                executor=executor,
                programs=programs,
                usage=UsageMeter(publish=_unpublished, limit_s=lambda _workspace_id: None),
                waiting_events=settings.waiting_events,
            )
            first, then = await _all_at_once(servicer), await _all_at_once(servicer)
            held = footprint()
            pool.close()
    return [*_figures("for the first time", first), *_figures("again", then), Figure("mappings", f"{held.mappings:,}")]


@dataclass(frozen=True, slots=True)
class _Flood:
    """When each event's result came, from the first call on, and the processor time of it all."""

    came_s: list[float]
    cpu_s: float


async def _all_at_once(servicer: ExecutorServicer) -> _Flood:
    """Call all instances at once."""
    start, cpu_start = time.perf_counter(), time.process_time()

    async def call(instance_id: str) -> list[float]:
        events = range(HANDLERS // INSTANCES)
        invocations = [contract.Invocation(id=str(number), event=track_json(number)) for number in events]
        request = contract.InvokeRequest(instance_id=instance_id, invocations=invocations)
        came: list[float] = []
        async for response in servicer.Invoke(request, None):
            assert not any(result.HasField("error") for result in response.results), response
            came += [time.perf_counter() - start] * len(response.results)
        return came

    calls = await asyncio.gather(*(call(f"ins_{number}") for number in range(INSTANCES)))
    return _Flood([came for each in calls for came in each], time.process_time() - cpu_start)


def _deployed(port: int) -> Deployed:
    deployed = Deployed()
    endpoint = json.dumps({"endpoint": f"http://127.0.0.1:{port}/"}).encode()
    for number in range(INSTANCES):
        deployed.deploy(f"ins_{number}", _code(number), workspace_id=f"ws_{number % 10}", settings=endpoint)
    return deployed


async def _unpublished(messages: Sequence[object]) -> list[Any]:
    raise AssertionError(f"{len(messages)} increments, though nothing flushes the meter")


def _code(number: int) -> str:
    return f"const version = {number};{CODE}"


def _figures(when: str, flood: _Flood) -> list[Figure]:
    p50, p99 = percentiles(flood.came_s)
    first_s, last_s = min(flood.came_s), max(flood.came_s)
    spare_us = (TARGET_S - DELAY_S) / HANDLERS * 1e6
    return [
        Figure(f"all answers of {DELAY_S:g} s handled, {when}", f"after {last_s:.2f} s", f"< {TARGET_S:g} s"),
        Figure("  first, median, p99", f"after {first_s:.2f}, {p50:.2f}, {p99:.2f} s"),
        Figure("  processor time of one", f"{flood.cpu_s / HANDLERS * 1e6:,.0f} us", f"< {spare_us:,.0f} us"),
    ]


@contextlib.contextmanager
def _server() -> Generator[int]:
    command = [sys.executable, "-m", "tests.bench.slow_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
