"""A world for unit tests of functions: its clock stands where it is set and jumps over all waiting, its randomness may
be seeded, its servers answer from a map. The same run is the same each time, and takes no longer than its computing.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import heapq
import time
from collections.abc import Mapping
from typing import Any

from services.executor.canned import CannedOutside
from services.executor.outside import SEED_BYTES, OutgoingRequest
from services.executor.requests import RequestLog
from services.executor.results import Limits
from services.executor.shared_cache import CacheLoad
from services.executor.waiting import Open, Turn, Waiting, Wanted


class VirtualClock:
    """Time that passes only when nothing else is left to do."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self._sleeping: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        self._sleeping = [each for each in self._sleeping if not each[2].cancelled()]
        heapq.heapify(self._sleeping)
        return len(self._sleeping)

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.now_ns + round(max(seconds, 0) * 1e9), self._count, woken))
        await woken

    def advance(self, until_ns: int) -> bool:
        """Go on to when the next ones wake up, and wake them; False if it is `until_ns` by then."""
        due_ns = self._sleeping[0][0] if self.sleeping else until_ns + 1
        self.now_ns = max(self.now_ns, min(due_ns, until_ns))
        while self._sleeping and self._sleeping[0][0] <= self.now_ns:
            heapq.heappop(self._sleeping)[2].set_result(None)
        return due_ns < until_ns


class VirtualOutside(CannedOutside):
    """Starts at `now_ns`, now by default. With a `seed` all randomness follows from it.

    Raises pydantic.ValidationError for answers of another form.
    """

    def __init__(self, answers: Mapping[str, Any], *, now_ns: int | None = None, seed: str | None = None) -> None:
        super().__init__(answers)
        self.clock = VirtualClock(time.time_ns() if now_ns is None else now_ns)
        self._seed = seed
        self._drawn = 0

    def now_ns(self) -> int:
        return self.clock.now_ns

    def seed(self) -> bytes:
        return super().seed() if self._seed is None else self._random(SEED_BYTES)

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        value, fuel = super().call(name, arguments)
        if name != "random_bytes" or self._seed is None:
            return value, fuel
        return base64.b64encode(self._random(arguments["length"])).decode(), fuel

    def waiting(self, requests: RequestLog) -> Waiting:
        return _VirtualWaiting(requests, self.clock)

    async def _pause(self, seconds: float, request: OutgoingRequest) -> None:
        await self.clock.sleep(min(seconds, request.timeout_s))
        if seconds > request.timeout_s:
            raise TimeoutError

    def _random(self, length: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed}:{self._drawn}".encode()).digest(length)


class _VirtualWaiting(Waiting):
    """Lets all that can go on do so before time passes."""

    def __init__(self, requests: RequestLog, clock: VirtualClock) -> None:
        super().__init__(requests, now_ns=lambda: clock.now_ns)
        self._clock = clock
        self._until_ns = clock.now_ns + round(Limits().wall_s * 1e9)

    def _started(self, request_id: int, wanted: Wanted) -> Open:
        if isinstance(wanted, OutgoingRequest | CacheLoad):
            return super()._started(request_id, wanted)
        return self._tasks.create_task(self._timer(request_id, wanted))

    async def _timer(self, request_id: int, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._answers.put_nowait({"id": request_id})

    async def _next_turn(self, until_s: float) -> Turn | None:
        while True:
            await self._rest()
            if answers := self._there():
                return Turn(self._clock.now_ns, answers)
            if not self._clock.advance(self._until_ns):
                return None

    async def _rest(self) -> None:
        """Come back when each open task sleeps, or is done."""
        await asyncio.sleep(0)
        while self._clock.sleeping < self._unfinished():  # noqa: ASYNC110 each is at its next step by then
            await asyncio.sleep(0)

    def _unfinished(self) -> int:
        return sum(isinstance(each, asyncio.Task) and not each.done() for each in self._open.values())
