"""Listens at the border of one run: takes down all that comes in from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.executor.outside import Answer, OutgoingRequest, Outside
from services.executor.requests import RequestLog
from services.executor.waiting import Turn, Waiting, Wanted


class Recorder:
    """The outside of one run, with another behind it that does the work.

    Afterwards `clock_ns` and `seed_bytes` are what the run began with, the lists what came in.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.clock_ns = 0
        self.seed_bytes = b""
        self.calls: list[tuple[str, Mapping[str, Any], Any, str | None, int]] = []
        self.requests: list[tuple[int, OutgoingRequest]] = []
        self.turns: list[Turn] = []

    def now_ns(self) -> int:
        now_ns = self._outside.now_ns()
        self.clock_ns = self.clock_ns or now_ns
        return now_ns

    def seed(self) -> bytes:
        self.seed_bytes = self._outside.seed()
        return self.seed_bytes

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        try:
            value, fuel = self._outside.call(name, arguments)
        except ValueError as refused:
            self.calls.append((name, arguments, None, str(refused), 0))
            raise
        self.calls.append((name, arguments, value, None, fuel))
        return value, fuel

    async def fetch(self, request: OutgoingRequest) -> Answer:
        return await self._outside.fetch(request)

    def waiting(self, requests: RequestLog) -> Waiting:
        waiting = self._outside.waiting(requests)
        waiting.watcher = self
        return waiting

    # --- what waiting tells ------------------------------------------------------------------------------------------
    def asked(self, request_id: int, wanted: Wanted) -> None:
        if isinstance(wanted, OutgoingRequest):
            self.requests.append((request_id, wanted))

    def turned(self, turn: Turn | None) -> None:
        self.turns.append(turn or Turn(self.now_ns(), []))
