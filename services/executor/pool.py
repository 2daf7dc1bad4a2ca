"""Sandboxes of instances, kept warm: never shared between instances, one event at a time in each.

While one sandbox of an instance is suspended the next event goes to another, up to a bound; beyond it events wait in
the order in which they came.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from types import TracebackType

from services.executor.admission import TooLongError, acquired
from services.executor.sandbox import Sandbox


@dataclass(slots=True, eq=False)
class _Place:
    """What one key has: `free` are warm and idle, with their bytes; `turns` bounds how many run at a time."""

    turns: asyncio.Semaphore
    free: list[tuple[Sandbox, int]] = field(default_factory=list[tuple[Sandbox, int]])
    users: int = 0
    used_s: float = 0.0


class SandboxPool:
    """Lends sandboxes by key: whatever must not share a sandbox has another key.

    At most `per_key` run at a time for one key, and an event waits at most `wait_s` for one. At most `idle` are kept
    warm in all, with at most `idle_bytes` of memory, the least recently used ended first.
    """

    def __init__(
        self, *, per_key: int = 8, idle: int = 256, idle_bytes: int = 6 * 1024**3, wait_s: float = 5.0
    ) -> None:
        self.per_key = per_key
        self._idle_limit = idle
        self._idle_bytes_limit = idle_bytes
        self.wait_s = wait_s
        self.idle = 0
        self.idle_bytes = 0
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    @property
    def busy(self) -> int:
        """How many run an event, or wait for their turn."""
        return sum(place.users for place in list(self._places.values()))

    def lend(
        self, key: Hashable, start: Callable[[], Awaitable[Sandbox]], *, fresh: bool = False, once: bool = False
    ) -> Loan:
        """Lend a warm sandbox of the key, or a new one. Entering raises TooLongError.

        A `fresh` one is as if it were new, one for `once` is ended afterwards.
        """
        return Loan(self, key, start, fresh=fresh, once=once)

    async def take(self, key: Hashable, start: Callable[[], Awaitable[Sandbox]]) -> tuple[_Place, Sandbox]:
        """Take a sandbox, to be given back. Raises TooLongError."""
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(asyncio.Semaphore(self.per_key))
        self._places.move_to_end(key)
        place.users += 1
        try:
            await acquired(place.turns, self.wait_s)
            try:
                return place, self._take(place) or await start()
            except BaseException:
                place.turns.release()
                raise
        except BaseException:
            place.users -= 1
            self._trim(key)
            raise

    def give_back(self, key: Hashable, place: _Place, sandbox: Sandbox, *, keep: bool, fresh: bool) -> None:
        """Keep a sandbox for the next event if it may be used again, else end it."""
        place.used_s = time.monotonic()
        keep = keep and self._places.get(key) is place and sandbox.reusable
        if keep and (not fresh or sandbox.restart()):
            size = sandbox.memory_bytes
            place.free.append((sandbox, size))
            self.idle += 1
            self.idle_bytes += size
        else:
            sandbox.end()
        place.turns.release()
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

    def _take(self, place: _Place, *, at: int = -1) -> Sandbox | None:
        if not place.free:
            return None
        sandbox, size = place.free.pop(at)
        self.idle -= 1
        self.idle_bytes -= size
        return sandbox

    def _trim(self, key: Hashable) -> None:
        place = self._places.get(key)
        if place is not None and not place.users and not place.free:
            del self._places[key]
        while self.idle > self._idle_limit or self.idle_bytes > self._idle_bytes_limit:
            if sandbox := self._take(next(each for each in self._places.values() if each.free), at=0):
                sandbox.end()


class Loan:
    """A sandbox for the time of an `async with` block; one that is left by an exception is ended.

    Except by TooLongError: then nothing has run in it.
    """

    __slots__ = ("_fresh", "_key", "_once", "_place", "_pool", "_sandbox", "_start")

    def __init__(
        self, pool: SandboxPool, key: Hashable, start: Callable[[], Awaitable[Sandbox]], *, fresh: bool, once: bool
    ) -> None:
        self._pool = pool
        self._key = key
        self._start = start
        self._fresh = fresh
        self._once = once

    async def __aenter__(self) -> Sandbox:
        self._place, self._sandbox = await self._pool.take(self._key, self._start)
        return self._sandbox

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        keep = kind in (None, TooLongError) and not self._once
        self._pool.give_back(self._key, self._place, self._sandbox, keep=keep, fresh=self._fresh)
