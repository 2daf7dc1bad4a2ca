"""What a suspended handler waits for: its requests and timers, run side by side, so that `Promise.all` of ten takes as
long as its slowest. No thread waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from services.executor import wire
from services.executor.guest import GuestFaultError
from services.executor.outside import OutgoingRequest, RequestFailedError
from services.executor.requests import RequestLog
from services.executor.shared_cache import CacheLoad

# A request, a timer's seconds, or a value of the cache.
Wanted = OutgoingRequest | float | CacheLoad


@dataclass(frozen=True, slots=True)
class Turn:
    """What the guest is entered with again: the answers that are there, and what its clock says meanwhile."""

    now_ns: int
    answers: list[dict[str, Any]]


class Watcher(Protocol):
    """Is told all that passes between a waiting run and its outside."""

    def asked(self, request_id: int, wanted: Wanted) -> None:
        """Take notice of a request, or of a timer's seconds."""
        ...

    def turned(self, turn: Turn | None) -> None:
        """Take notice of the next turn, None where the wall limit came first."""
        ...


class Open(Protocol):
    """What is on its way."""

    def cancel(self) -> object:
        """Drop it; no answer comes."""
        ...


class Waiting:
    """Requests, timers and loads of the cache of one run, by the ids that the guest gave them.

    Use as an async context manager.
    """

    def __init__(self, requests: RequestLog, *, now_ns: Callable[[], int]) -> None:
        self.watcher: Watcher | None = None
        self._now_ns = now_ns
        self._requests = requests
        self._asked: dict[int, Wanted] = {}
        self._open: dict[int, Open] = {}
        self._timers: set[int] = set()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in self._open.values():
            each.cancel()
        await self._tasks.__aexit__(kind, error, traceback)

    def __len__(self) -> int:
        return len(self._asked) + len(self._open)

    def ask(self, request_id: int, wanted: Wanted) -> None:
        """Note a request, or a timer's seconds, to `start`. Raises GuestFaultError for an id that is in use."""
        if request_id in self._asked or request_id in self._open:
            raise GuestFaultError("the guest used an id twice")
        self._asked[request_id] = wanted

    def cancel(self, request_id: int) -> None:
        """Forget a request or timer; no answer comes."""
        self._asked.pop(request_id, None)
        if (each := self._open.pop(request_id, None)) is not None:
            each.cancel()

    def cancel_timers(self) -> None:
        """Forget all timers, and loads of the cache: none outlives its handler."""
        for request_id in self._timers:
            self.cancel(request_id)
        self._asked = {key: wanted for key, wanted in self._asked.items() if isinstance(wanted, OutgoingRequest)}

    def start(self) -> None:
        """Start what was asked for."""
        asked, self._asked = self._asked, {}
        for request_id, wanted in asked.items():
            if self.watcher is not None:
                self.watcher.asked(request_id, wanted)
            if not isinstance(wanted, OutgoingRequest):
                self._timers.add(request_id)
            self._open[request_id] = self._started(request_id, wanted)

    async def turn(self, *, until_s: float) -> Turn | None:
        """Wait for an answer, give all that are there; None after `until_s` of `time.monotonic`."""
        turn = await self._next_turn(until_s)
        for answer in turn.answers if turn else ():
            self._open.pop(answer["id"], None)
        if self.watcher is not None:
            self.watcher.turned(turn)
        return turn

    # --- what others do in another way -------------------------------------------------------------------------------
    def _started(self, request_id: int, wanted: Wanted) -> Open:
        if isinstance(wanted, OutgoingRequest):
            return self._tasks.create_task(self._fetch(request_id, wanted))
        if isinstance(wanted, CacheLoad):
            return self._tasks.create_task(self._load(request_id, wanted))
        later = asyncio.get_running_loop().call_later
        return later(max(wanted, 0), self._answers.put_nowait, {"id": request_id})

    async def _next_turn(self, until_s: float) -> Turn | None:
        try:
            async with asyncio.timeout(until_s - time.monotonic()):
                first = await self._answers.get()
        except TimeoutError:
            return None
        return Turn(self._now_ns(), [first, *self._there()])

    # --- for all of them ---------------------------------------------------------------------------------------------
    def _there(self) -> list[dict[str, Any]]:
        """Take the answers that are there."""
        answers: list[dict[str, Any]] = []
        while not self._answers.empty():
            answers.append(self._answers.get_nowait())
        return answers

    async def _fetch(self, request_id: int, request: OutgoingRequest) -> None:
        try:
            answer = wire.answer_record(request_id, await self._requests.fetch(request))
        except RequestFailedError as error:
            answer = wire.failure_record(request_id, error)
        self._answers.put_nowait(answer)

    async def _load(self, request_id: int, wanted: CacheLoad) -> None:
        self._answers.put_nowait({"id": request_id, **await wanted.loads.load(wanted.key)})
