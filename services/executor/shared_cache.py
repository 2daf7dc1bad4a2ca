"""The author's `cache`, as far as the sandboxes of one instance share it: JSON texts, each loaded by one at a time.

Nothing here reads a value: it comes from one sandbox of the instance and goes to its others as it is.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

# What an entry takes beside its key and value.
ENTRY_BYTES = 200
# Sweeps after which a cache that nobody has used is dropped.
IDLE_SWEEPS = 20
# Told to the loader of a value: there is none, and nobody else is asked for it.
LOAD: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """What one instance may keep, and all instances together; bytes count keys and values in UTF-8."""

    entries: int = 1000
    bytes: int = 16 * 1024**2
    total_bytes: int = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    expires_ms: float | None
    size: int


class _Flight:
    """A value on its way: one run loads it, the runs of other sandboxes wait."""

    def __init__(self) -> None:
        self._waiters: list[asyncio.Future[dict[str, Any] | None]] = []

    async def outcome(self) -> dict[str, Any] | None:
        """Wait for what came of it; None where its loader will not tell any more."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return await waiter

    def end(self, outcome: dict[str, Any] | None) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(outcome)


class InstanceCache:
    """What the sandboxes of one instance share. `epoch` is another after each deletion: copies from before are void."""

    def __init__(self, limits: CacheLimits, *, epochs: itertools.count[int], on_grown: Callable[[int], None]) -> None:
        self.idle_sweeps = 0
        self.flights: dict[str, _Flight] = {}
        self.bytes = 0
        self._limits = limits
        self._epochs = epochs
        self._on_grown = on_grown
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._renew_epoch()

    def get(self, key: str, now_ms: float) -> dict[str, Any] | None:
        """Give the answer with a value that has not expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_ms is not None and entry.expires_ms <= now_ms:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return {"text": entry.text, "expires_ms": entry.expires_ms}

    def put(self, key: str, text: str, expires_ms: float | None) -> None:
        """Keep a value in place of another, and fewer of those used longest ago where it takes their room."""
        self._remove(key)
        entry = _Entry(text, expires_ms, len(key.encode()) + len(text.encode(errors="replace")) + ENTRY_BYTES)
        if entry.size > self._limits.bytes:
            return
        self._entries[key] = entry
        self.bytes += entry.size
        self._on_grown(entry.size)
        while len(self._entries) > self._limits.entries or self.bytes > self._limits.bytes:
            self._remove(next(iter(self._entries)))

    def delete(self, key: str) -> None:
        """Drop a value, and what is being loaded for it: whoever waits loads anew."""
        self._remove(key)
        if (flight := self.flights.pop(key, None)) is not None:
            flight.end(None)
        self._renew_epoch()

    def clear(self) -> None:
        """Drop all values."""
        self._entries.clear()
        self._on_grown(-self.bytes)
        self.bytes = 0

    def _remove(self, key: str) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self.bytes -= entry.size
            self._on_grown(-entry.size)

    def _renew_epoch(self) -> None:
        # Always as long: reading it must cost the same in each run.
        self.epoch = b"%012x" % (next(self._epochs) % 2**48)


class Loads:
    """One run's part in its instance's cache. Close it at the run's end: nobody waits longer for what it loads."""

    def __init__(self, cache: InstanceCache, *, now_ns: Callable[[], int]) -> None:
        self._cache = cache
        self._now_ns = now_ns
        self._mine: dict[str, _Flight] = {}

    async def load(self, key: str) -> dict[str, Any]:
        """Give the answer: a value, how another's load of it failed, or LOAD."""
        while (hit := self._cache.get(key, self._now_ms())) is None:
            flight = self._cache.flights.get(key)
            if flight is None:
                self._mine[key] = self._cache.flights[key] = _Flight()
                return LOAD
            if self._mine:
                # Two that load and wait for each other would never end: who loads waits for nobody.
                return LOAD
            outcome = await flight.outcome()
            if outcome is not None:
                return outcome
        return hit

    def store(self, key: str, text: str, ttl_ms: float) -> None:
        """Keep what was loaded, for good with a negative `ttl_ms`; ignored where somebody else loads it, too."""
        if (flight := self._landed(key)) is None:
            return
        expires_ms = None if ttl_ms < 0 else self._now_ms() + ttl_ms
        if ttl_ms:
            self._cache.put(key, text, expires_ms)
        flight.end({"text": text, "expires_ms": expires_ms})

    def fail(self, key: str, error: dict[str, str]) -> None:
        """Tell all who wait that the load failed; nothing is kept."""
        if (flight := self._landed(key)) is not None:
            flight.end({"error": error})

    def keep_own(self, key: str) -> None:
        """Note that the value cannot be shared: each who waits loads its own."""
        if (flight := self._landed(key)) is not None:
            flight.end(LOAD)

    def delete(self, key: str) -> None:
        self._mine.pop(key, None)
        self._cache.delete(key)

    def close(self) -> None:
        for key in list(self._mine):
            if (flight := self._landed(key)) is not None:
                flight.end(None)

    def _landed(self, key: str) -> _Flight | None:
        """Take back a flight of this run; None where it has none, or the key was deleted meanwhile."""
        flight = self._mine.pop(key, None)
        if flight is None or self._cache.flights.get(key) is not flight:
            return None
        del self._cache.flights[key]
        return flight

    def _now_ms(self) -> float:
        return self._now_ns() / 1e6


@dataclass(frozen=True, slots=True)
class CacheLoad:
    """A value that a run asks for."""

    key: str
    loads: Loads


class SharedCaches:
    """The caches of all instances, by the key of their sandboxes: other code or settings start with an empty one."""

    def __init__(self, limits: CacheLimits | None = None) -> None:
        self._limits = limits or CacheLimits()
        self._epochs = itertools.count(1)
        self._caches: OrderedDict[Hashable, InstanceCache] = OrderedDict()
        self.bytes = 0

    def of(self, key: Hashable) -> InstanceCache:
        """Give an instance's cache."""
        cache = self._caches.get(key)
        if cache is None:
            cache = self._caches[key] = self.new()
        else:
            self._caches.move_to_end(key)
            cache.idle_sweeps = 0
        return cache

    def new(self) -> InstanceCache:
        """Give an empty cache that nobody else has."""
        return InstanceCache(self._limits, epochs=self._epochs, on_grown=self._grown)

    def sweep(self) -> None:
        """Drop what was not used since many sweeps: longer than any run takes."""
        for key, cache in list(self._caches.items()):
            cache.idle_sweeps += 1
            if cache.idle_sweeps > IDLE_SWEEPS:
                cache.clear()
                del self._caches[key]

    def _grown(self, added_bytes: int) -> None:
        self.bytes += added_bytes
        if added_bytes <= 0 or self.bytes <= self._limits.total_bytes:
            return
        for cache in list(self._caches.values()):
            if self.bytes <= self._limits.total_bytes:
                break
            cache.clear()
