"""Sandboxes of instances, kept warm: never shared between instances, one event at a time in each.

While one sandbox of an instance is suspended the next event goes to another, up to a bound; beyond it events wait in
the order in which they came.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.executor.sandbox import Sandbox


class TooLongError(Exception):
    """No sandbox came free in time; the event was not tried."""


@dataclass(slots=True, eq=False)
class _Place:
    """What one key has: `free` are warm and idle, `turns` bounds how many run at a time."""

    turns: asyncio.Semaphore
    free: list[Sandbox] = field(default_factory=list[Sandbox])
    users: int = 0
    used_s: float = 0.0


class SandboxPool:
    """Lends sandboxes by key: whatever must not share a sandbox has another key.

    At most `per_key` run at a time for one key, and an event waits at most `wait_s` for one. At most `idle` are kept
    warm in all, the least recently used ended first.
    """

    def __init__(self, *, per_key: int = 8, idle: int = 256, wait_s: float = 5.0) -> None:
        self.per_key = per_key
        self._idle_limit = idle
        self._wait_s = wait_s
        self._idle = 0
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    @asynccontextmanager
    async def lend(
        self, key: Hashable, start: Callable[[], Sandbox], *, fresh: bool = False
    ) -> AsyncGenerator[Sandbox]:
        """Lend a warm sandbox of the key, or a new one; a `fresh` one is used once. Raises TooLongError."""
        place = self._places.setdefault(key, _Place(asyncio.Semaphore(self.per_key)))
        self._places.move_to_end(key)
        place.users += 1
        try:
            await self._turn(place)
            try:
                sandbox = start() if fresh else self._take(place) or start()
                keep = False
                try:
                    yield sandbox
                    keep = not fresh and self._places.get(key) is place
                finally:
                    self._give_back(place, sandbox, keep=keep)
            finally:
                place.turns.release()
        finally:
            place.users -= 1
            self._trim(key)

    def end(self, key: Hashable) -> None:
        """End the idle sandboxes of a key; those that run are ended when they come back."""
        place = self._places.pop(key, None)
        while place and (sandbox := self._take(place)):
            sandbox.end()

    def end_unused_since(self, since_s: float) -> None:
        """End the sandboxes of keys not used since then, in seconds of `time.monotonic`."""
        for key, place in list(self._places.items()):
            if not place.users and place.used_s < since_s:
                self.end(key)

    def close(self) -> None:
        """End all idle sandboxes."""
        for key in list(self._places):
            self.end(key)

    async def _turn(self, place: _Place) -> None:
        if not place.turns.locked():
            await place.turns.acquire()
            return
        try:
            async with asyncio.timeout(self._wait_s):
                await place.turns.acquire()
        except TimeoutError:
            raise TooLongError(f"no sandbox came free within {self._wait_s:g} s") from None

    def _take(self, place: _Place) -> Sandbox | None:
        if not place.free:
            return None
        self._idle -= 1
        return place.free.pop()

    def _give_back(self, place: _Place, sandbox: Sandbox, *, keep: bool) -> None:
        place.used_s = time.monotonic()
        if keep and sandbox.reusable:
            place.free.append(sandbox)
            self._idle += 1
        else:
            sandbox.end()

    def _trim(self, key: Hashable) -> None:
        place = self._places.get(key)
        if place is not None and not place.users and not place.free:
            del self._places[key]
        while self._idle > self._idle_limit:
            oldest = next(each for each in self._places.values() if each.free)
            self._idle -= 1
            oldest.free.pop(0).end()
