"""What a suspended handler waits for: its requests and timers, run side by side, so that `Promise.all` of ten takes as
long as its slowest. No thread waits.
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, Self

from services.executor import wire
from services.executor.guest import GuestFaultError
from services.executor.outside import OutgoingRequest, RequestFailedError
from services.executor.requests import RequestLog


class Waiting:
    """Requests and timers of one run, by the ids that the guest gave them; use as an async context manager."""

    def __init__(self, requests: RequestLog) -> None:
        self._requests = requests
        self._asked: dict[int, OutgoingRequest | float] = {}
        self._open: dict[int, asyncio.Task[None] | asyncio.TimerHandle] = {}
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

    def ask(self, request_id: int, wanted: OutgoingRequest | float) -> None:
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
        """Forget all timers: none outlives its handler."""
        for request_id in self._timers:
            self.cancel(request_id)
        self._asked = {key: wanted for key, wanted in self._asked.items() if isinstance(wanted, OutgoingRequest)}

    def start(self) -> None:
        """Start what was asked for."""
        asked, self._asked = self._asked, {}
        for request_id, wanted in asked.items():
            if isinstance(wanted, OutgoingRequest):
                self._open[request_id] = self._tasks.create_task(self._fetch(request_id, wanted))
            else:
                self._timers.add(request_id)
                later = asyncio.get_running_loop().call_later
                self._open[request_id] = later(max(wanted, 0), self._answers.put_nowait, {"id": request_id})

    async def answers(self, *, until_s: float) -> list[dict[str, Any]]:
        """Wait for an answer, give all that are there; none after `until_s` of `time.monotonic`."""
        try:
            async with asyncio.timeout(until_s - time.monotonic()):
                answers = [await self._answers.get()]
        except TimeoutError:
            return []
        while not self._answers.empty():
            answers.append(self._answers.get_nowait())
        for answer in answers:
            self._open.pop(answer["id"], None)
        return answers

    async def _fetch(self, request_id: int, request: OutgoingRequest) -> None:
        try:
            answer = wire.answer_record(request_id, await self._requests.fetch(request))
        except RequestFailedError as error:
            answer = wire.failure_record(request_id, error)
        self._answers.put_nowait(answer)
