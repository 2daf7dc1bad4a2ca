"""Many function versions on one machine: does a call take longer, the more of them there are?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from services.executor.canned import CannedOutside
from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation
from tests.bench.event import track_json
from tests.bench.figure import Figure, percentiles

# Versions that are called, out of all there are.
CALLED = 100
ROUNDS = 10
SIZES = (100, 1000, 5000)


class _Stopwatch:
    """Takes the time of a block each time it is entered, that of the clock and that of the processor."""

    def __init__(self) -> None:
        self._took_s: list[float] = []
        self._cpu_s = 0.0

    def __enter__(self) -> None:
        self._started_s, self._started_cpu_s = time.perf_counter(), time.process_time()

    def __exit__(self, *_error: object) -> None:
        self._took_s.append(time.perf_counter() - self._started_s)
        self._cpu_s += time.process_time() - self._started_cpu_s

    def __str__(self) -> str:
        p50, p99 = percentiles(self._took_s)
        cpu_us = self._cpu_s / len(self._took_s) * 1e6
        return f"p50 {p50 * 1e6:,.0f}, p99 {p99 * 1e6:,.0f} us; of the processor {cpu_us:,.0f} us"


async def measure(folder: Path, advance: Callable[[], None]) -> list[Figure]:
    """Build ever more versions, call some; `advance` is called after each build."""
    found: list[list[Figure]] = []
    for smaller, size in zip((0, *SIZES), SIZES, strict=False):
        found.append(await _measure(folder, range(smaller, size), advance))
    return [figure for same in zip(*found, strict=True) for figure in same]


async def _measure(folder: Path, new: range, advance: Callable[[], None]) -> list[Figure]:
    start = time.perf_counter()
    executor = _executor(folder)
    started_s = time.perf_counter() - start
    build = _build(executor, new, advance)
    warm, cold, load = await _warm(executor), await _cold(folder, new.stop), _load(folder, new.stop)
    disk_bytes = sum(file.stat().st_size for file in folder.iterdir())
    executor.pool.close()
    at = f", {new.stop:,} versions"
    return [
        Figure(f"warm call{at}", str(warm), "the same for all"),
        Figure(f"first call, from disk{at}", str(cold), "the same for all, < 10,000 us"),
        Figure(f"image load{at}", str(load), "the same for all"),
        Figure(f"image build{at}", str(build), "the same for all"),
        Figure(f"start of an executor{at}", f"{started_s * 1e3:,.0f} ms"),
        Figure(f"on disk{at}", f"{disk_bytes / 1e9:.2f} GB, {disk_bytes / new.stop / 1e6:.2f} MB each"),
    ]


def _build(executor: Executor, new: range, advance: Callable[[], None]) -> _Stopwatch:
    watch = _Stopwatch()
    for number in new:
        with watch:
            executor._builder.build(_code(number))
        advance()
    return watch


async def _warm(executor: Executor) -> _Stopwatch:
    """Call versions that are in use, in turn."""
    first, watch = _Stopwatch(), _Stopwatch()
    for turn in range(ROUNDS):
        for number in range(CALLED):
            await _call(executor, number, watch if turn else first)
    return watch


async def _cold(folder: Path, size: int) -> _Stopwatch:
    """Call versions for the first time in a process."""
    executor, watch = _executor(folder), _Stopwatch()
    for number in _spread(size):
        await _call(executor, number, watch)
    executor.pool.close()
    return watch


def _load(folder: Path, size: int) -> _Stopwatch:
    builder, watch = _executor(folder)._builder, _Stopwatch()
    for number in _spread(size):
        with watch:
            builder.load(_code(number))
    return watch


def _spread(size: int) -> range:
    return range(0, size, size // CALLED)


async def _call(executor: Executor, number: int, watch: _Stopwatch) -> None:
    code = _code(number)
    program = Program(key=number, code=code, digest=digest_of(code), kind=FunctionKind.DESTINATION)
    invocation = Invocation(payload=track_json(number))
    with watch:
        result = await executor.run(program, invocation)
    assert result.error is None, result.error


def _executor(folder: Path) -> Executor:
    return make_executor(cache_dir=folder, outside=CannedOutside({}), pool=SandboxPool())


def _code(number: int) -> str:
    return f"async function onTrack(event) {{ event.properties.version = {number}; return event; }}"
