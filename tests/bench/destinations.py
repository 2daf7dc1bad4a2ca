"""Measures what bad neighbours cost healthy destinations of a whole installation: `python -m tests.bench.destinations`.

Ten sources send to ten healthy destinations each: first alone, then each also to one that answers after 30 s and to one
that always fails, then beside another workspace's flood as well, and alone again.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.event import track
from tests.bench.figure import Figure, show
from tests.bench.flood import flooding
from tests.bench.installation import DELIVER, FORWARD, receiver
from tests.bench.processes import cores, cpu_s
from tests.bench.registered import first_workspace, known, new_workspace
from tests.e2e.penstock import Penstock, up
from tests.polling import until

SOURCES = 10
EACH = 10
_BAD = ("hanging", "failing")
_FLOOD_BACKLOG = 2000
_TARGET = 2.0
_LOOK_S = 0.5
_QUIET_S = 2


@dataclass(frozen=True, slots=True)
class _Found:
    """What a phase found, in milliseconds from sending a webhook: until it was accepted, and until it had arrived."""

    accepted_p99: float
    p50: float
    p99: float
    cores: str
    flood: Mapping[str, float]

    def figure(self, name: str) -> Figure:
        """Give it as a line."""
        flood = "".join(f"; {status}: {rate:,.0f}/s" for status, rate in sorted(self.flood.items()))
        took = f"p50 {self.p50:.1f}, p99 {self.p99:.1f} ms (accepted {self.accepted_p99:.1f})"
        return Figure(name, f"{took}; {self.cores}{flood}")


class _Bench:
    def __init__(self, running: Penstock, outside: str, client: aiohttp.ClientSession, per_second: float) -> None:
        self._running = running
        self._outside = outside
        self._client = client
        self._per_second = per_second
        self._urls: list[str] = []

    async def prepare(self) -> str:
        """Make all but the bad ones, and the source that will be flooded; give its URL."""
        async with first_workspace(self._running) as workspace:
            forward = await workspace.function("forward", FORWARD)
            deliver = await workspace.function("deliver", DELIVER)
            for source in range(SOURCES):
                self._urls.append(self._url(await workspace.source(f"source-{source}", forward)))
                for number in range(EACH):
                    name, endpoint = f"healthy-{source}-{number}", f"{self._outside}/healthy"
                    await workspace.destination(name, deliver, endpoint=endpoint, sources=[f"source-{source}"])
        async with new_workspace(self._running, "loud") as loud:
            token = await loud.source("loud", await loud.function("forward", FORWARD), backlog_limit=_FLOOD_BACKLOG)
            deliver = await loud.function("deliver", DELIVER)
            await loud.destination("loud", deliver, endpoint=f"{self._outside}/loud", sources=["loud"])
        for url in (*self._urls, self._url(token)):
            await known(url)
        return self._url(token)

    async def connect_bad(self) -> None:
        """Let the bad destinations have their share of all events."""
        async with first_workspace(self._running) as workspace:
            deliver = await workspace.function("deliver-badly", DELIVER)
            sources = [f"source-{source}" for source in range(SOURCES)]
            for name in _BAD:
                await workspace.destination(name, deliver, endpoint=f"{self._outside}/{name}", sources=sources)

    async def remove_bad(self) -> None:
        """Take the bad destinations away again, and wait until the flood has passed."""
        async with first_workspace(self._running) as workspace:
            for name in _BAD:
                await workspace.delete_destination(name)
        await until(self._is_quiet, timeout_s=60)

    async def phase(self, seconds: float, *, flood: str = "") -> _Found:
        """Send at an even rate, and wait until all that is healthy has arrived."""
        async with self._client.delete(f"{self._outside}/figures"):
            events, before, start = int(seconds * self._per_second), cpu_s(self._running), time.perf_counter()
        with flooding(flood) if flood else nullcontext({}) as told:
            took_ms = sorted(await self._send(events))
            figures = await self._arrived(EACH * events)
            used = cores(before, cpu_s(self._running), time.perf_counter() - start)
        return _Found(took_ms[int((events - 1) * 0.99)], figures["p50_ms"], figures["p99_ms"], used, told)

    async def _send(self, events: int) -> list[float]:
        start = time.perf_counter()
        tasks: list[asyncio.Task[float]] = []
        for number in range(events):
            await asyncio.sleep(start + number / self._per_second - time.perf_counter())
            tasks.append(asyncio.create_task(self._post(number)))
        return await asyncio.gather(*tasks)

    async def _post(self, number: int) -> float:
        start = time.perf_counter()
        async with self._client.post(self._urls[number % SOURCES], json=track(number)) as answer:
            assert answer.status == 202, await answer.text()
        return (time.perf_counter() - start) * 1e3

    async def _arrived(self, count: int) -> dict[str, float]:
        async with asyncio.timeout(60):
            while True:
                figures = await self._figures("/healthy")
                if figures["count"] >= count:
                    return figures
                await asyncio.sleep(_LOOK_S)

    async def _is_quiet(self) -> bool:
        before = await self._figures("/loud")
        await asyncio.sleep(_QUIET_S)
        return before == await self._figures("/loud")

    async def _figures(self, path: str) -> dict[str, float]:
        async with self._client.get(f"{self._outside}/figures", params={"of": path}) as answer:
            return await answer.json()

    def _url(self, token: str) -> str:
        return f"{self._running.http}/hooks/{token}"


def measure(*, per_second: float = 8, seconds: float = 20) -> list[Figure]:
    """Give the figures; of `per_second` webhooks come ten times as many healthy deliveries."""
    with (
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder,
        receiver() as outside,
        up(Path(folder) / "data", "--egress-allow", "127.0.0.1/32") as running,
    ):
        return asyncio.run(_measure(running, outside, per_second, seconds))


async def _measure(running: Penstock, outside: str, per_second: float, seconds: float) -> list[Figure]:
    async with aiohttp.ClientSession() as client:
        bench = _Bench(running, outside, client, per_second)
        loud = await bench.prepare()
        await bench.phase(10)
        alone = await bench.phase(seconds)
        await bench.connect_bad()
        beside_bad = await bench.phase(seconds)
        beside_all = await bench.phase(seconds, flood=loud)
        await bench.remove_bad()
        again = await bench.phase(seconds)
    # Other work of the machine comes and goes.
    p99 = (alone.p99 + again.p99) / 2
    return [
        alone.figure("100 healthy destinations alone"),
        beside_bad.figure("beside a hanging and a failing one"),
        Figure("of its p99 alone", f"{beside_bad.p99 / p99:.2f}", f"< {_TARGET:g}"),
        beside_all.figure("and another workspace's flood"),
        Figure("of its p99 alone", f"{beside_all.p99 / p99:.2f}", f"< {_TARGET:g}"),
        again.figure("alone again"),
    ]


if __name__ == "__main__":
    given = dict(zip(("per_second", "seconds"), map(float, sys.argv[1:]), strict=False))
    show("100 healthy destinations and their neighbours", measure(**given))
