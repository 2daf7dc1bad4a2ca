"""A clock that tests move: it runs as the real one does, and jumps when told to."""

from __future__ import annotations

import asyncio

from services.delivery.clock import Clock


class MovableClock(Clock):
    """Whoever waits for a time that a jump has passed wakes at once."""

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._moved = asyncio.Event()

    def time(self) -> float:
        return super().time() + self._offset_s

    def monotonic(self) -> float:
        return super().monotonic() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._offset_s += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        if timeout_s is None:
            await event.wait()
            return
        due = self.monotonic() + timeout_s
        while not event.is_set() and (left_s := due - self.monotonic()) > 0:
            waits = [asyncio.create_task(each.wait()) for each in (event, self._moved)]
            try:
                await asyncio.wait(waits, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
