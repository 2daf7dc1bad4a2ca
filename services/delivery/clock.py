"""The time by which delivery waits and gives up, which tests move."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress


class Clock:
    """The machine's time."""

    def time(self) -> float:
        """Unix time in seconds: what is stored and compared across restarts and machines."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of a time that nobody sets."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        """Wait until the event is set, or until the time is over; None waits for the event alone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await event.wait()
