"""How many events are taken, and how many of one workspace run at a time: refusing early beats a queue without end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from shared.errors import ResourceExhausted

RETRY_S = 1.0
# Events of one call: it must fit, however small the bounds are.
LARGEST_CALL = 100


class TooLongError(Exception):
    """No place came free in time; the event was not tried."""


class Admission:
    """Takes at most `events` at a time, of one workspace at most half of them: it cannot shut out the others."""

    def __init__(self, *, events: int) -> None:
        self._events = events
        self._taken = Counter[str]()

    @contextmanager
    def admitted(self, workspace: str, events: int) -> Generator[None]:
        """Take events while the block runs. Raises ResourceExhausted."""
        if self._taken.total() + events > self._events:
            raise busy("Too many events wait here.")
        if self._taken[workspace] + events > max(self._events // 2, LARGEST_CALL):
            raise busy("Too many events of this workspace wait here.")
        self._taken[workspace] += events
        try:
            yield
        finally:
            self._taken[workspace] -= events
            if not self._taken[workspace]:
                del self._taken[workspace]


class Concurrency:
    """Lets at most so many events of a workspace run at a time; the next waits at most `wait_s`."""

    def __init__(self, *, wait_s: float = 5.0) -> None:
        self._wait_s = wait_s
        self._places: dict[tuple[str, int], asyncio.Semaphore] = {}
        self._users = Counter[tuple[str, int]]()

    @asynccontextmanager
    async def place(self, workspace: str, limit: int) -> AsyncGenerator[None]:
        """Hold a place while the block runs. Raises TooLongError."""
        key = workspace, limit
        places = self._places.setdefault(key, asyncio.Semaphore(limit))
        self._users[key] += 1
        try:
            await acquired(places, self._wait_s)
            try:
                yield
            finally:
                places.release()
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._places[key]


async def acquired(places: asyncio.Semaphore, wait_s: float) -> None:
    """Acquire one of the places within so many seconds. Raises TooLongError."""
    if not places.locked():
        await places.acquire()
        return
    try:
        async with asyncio.timeout(wait_s):
            await places.acquire()
    except TimeoutError:
        raise TooLongError(f"no place came free within {wait_s:g} s") from None


def busy(message: str) -> ResourceExhausted:
    """Give the error that tells callers to come back soon; no try of an event is used up."""
    return ResourceExhausted(message, reason="EXECUTOR_BUSY", retry_delay_s=RETRY_S)
