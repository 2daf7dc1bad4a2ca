"""Measures the executor in process: images, sandboxes and calls.

`python -m tests.bench.executor` prints the figures.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from services.executor.canned import CannedOutside
from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, Limits
from services.executor.sandbox import Sandbox
from services.executor.turns import Turns
from tests.bench.event import track_json
from tests.bench.figure import Figure, show

CODE = "async function onTrack(event) { event.properties.added = 'x'; return event }"
EVENT = track_json(1)
BARE_CALLS = 500
# The engine's own part of a call, without anything of ours: JSON in, a property more, JSON out.
BARE = f"""function onTrack(event) {{
  const text = JSON.stringify(event);
  for (let i = 0; i < {BARE_CALLS}; i++) {{
    const event = JSON.parse(text);
    event.properties.added = 'x';
    JSON.stringify(event);
  }}
}}"""


def median_us(action: Callable[[], object], times: int) -> float:
    """Give the median time of an action."""
    action()
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e6


async def median_us_async(action: Callable[[], Awaitable[object]], times: int) -> float:
    """Give the median time of an action that may wait."""
    await action()
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        await action()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e6


def program(code: str, **more: Any) -> Program:
    """Make an instance of its own."""
    return Program(key=code, code=code, digest=digest_of(code), kind=FunctionKind.INSERT_DESTINATION, **more)


async def measure(cache_dir: Path) -> list[Figure]:
    """Give the figures, each with its ratio to the bare engine's."""
    executor = make_executor(cache_dir=cache_dir, outside=CannedOutside({}), pool=SandboxPool())
    took_us = await _calls(executor) | _images(executor)
    bare_us = took_us["bare engine: parse, change, write"]
    figures = [
        Figure(name, f"{value:,.0f} us ({value / bare_us:.2f})", TARGETS.get(name, ""))
        for name, value in took_us.items()
    ]
    executor.pool.close()
    return figures


TARGETS = {
    "warm call": "70 us",
    "call in a sandbox as from its image": "250 us",
    "first call after a deployment": "10,000 us",
    "sandbox start": "150 us",
    "image build": "20,000 us",
}


async def _calls(executor: Executor) -> dict[str, float]:
    bare, warm, restarted = program(BARE, limits=Limits(fuel=10**12)), program(CODE), program(f"{CODE} //", fresh=True)
    new = (program(f"{CODE} // {number}") for number in itertools.count())

    async def call_us(programs: Iterator[Program], times: int) -> float:
        return await median_us_async(lambda: executor.run(next(programs), Invocation(payload=EVENT)), times)

    unseen_us = [await _first_call_us(executor, next(new)) for _ in range(30)]
    deployed_us = [await _first_call_us(executor, await _saved(executor, next(new))) for _ in range(30)]
    return {
        "bare engine: parse, change, write": await call_us(itertools.repeat(bare), 10) / BARE_CALLS,
        "warm call": await call_us(itertools.repeat(warm), 3000),
        "call in a sandbox as from its image": await call_us(itertools.repeat(restarted), 1000),
        "first call after a deployment": statistics.median(deployed_us),
        "first call of code that was not checked here": statistics.median(unseen_us),
    }


async def _saved(executor: Executor, new: Program) -> Program:
    """Save a version as registry does: the check compiles it and keeps its image."""
    await executor.check(new.code)
    return new


async def _first_call_us(executor: Executor, new: Program) -> float:
    start = time.perf_counter()
    await executor.run(new, Invocation(payload=EVENT))
    took_us = (time.perf_counter() - start) * 1e6
    # What is left to be done comes after the event, but before the next version.
    executor._images._thread.submit(lambda: None).result()
    return took_us


def _images(executor: Executor) -> dict[str, float]:
    builder, image = executor._builder, executor._builder.load(CODE)

    def start_and_end() -> None:
        Sandbox(image=image, limits=Limits(), turns=Turns()).end()

    return {
        "sandbox start": median_us(start_and_end, 500),
        "image build": median_us(lambda: builder.build(CODE), 30),
        "image load": median_us(lambda: builder.load(CODE), 200),
    }


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        show("the executor in process (of the bare engine)", asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    main()
