"""Plays the outside of a recorded run: the same clock, seed, answers of the host and of servers, in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.executor import wire
from services.executor.outside import Answer, OutgoingRequest, RequestFailedError
from services.executor.recording.record import Asked, Record
from services.executor.recording.requests import as_asked, difference
from services.executor.recording.seal import Seal
from services.executor.requests import RequestLog
from services.executor.results import RequestRecord
from services.executor.waiting import Turn, Waiting, Wanted


class ReplayMismatchError(Exception):
    """The run is another than the recorded one; the text says what differs, without secrets."""


class Replayer:
    """The outside of one run that is replayed. Nothing leaves the machine, and nothing waits.

    A run in which the function asks for something else than it did comes to its end as if its time were over; `finish`
    tells of it.
    """

    def __init__(self, record: Record, seal: Seal) -> None:
        self.record = record
        self.seal = seal
        self.now = record.clock_ns
        self.mismatch = ""
        self.turns = list(record.turns)
        self.requests = {each.id: each for each in record.requests}
        self._calls = list(record.calls)

    def now_ns(self) -> int:
        return self.now

    def seed(self) -> bytes:
        return bytes.fromhex(self.record.seed)

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        # The guest calls from inside of the engine, which no exception may pass: a mismatch is told later.
        if not self._calls:
            raise self._other(f"the function called the host's {name!r}, which the recorded run did not")
        call = self._calls.pop(0)
        if call.name != name:
            raise self._other(f"the function called the host's {name!r} where the recorded run called {call.name!r}")
        if call.arguments != self.seal.digest(arguments):
            raise self._other(f"the function called the host's {name!r} with other arguments than the recorded run")
        if call.refused is not None:
            raise ValueError(self.seal.show(call.refused))
        return self.seal.show(call.value), call.fuel

    async def fetch(self, request: OutgoingRequest) -> Answer:
        raise RequestFailedError("REPLAYED", "a replay sends no requests")

    def waiting(self, requests: RequestLog) -> Waiting:
        return _Replayed(requests, self)

    def finish(self) -> None:
        """Raise ReplayMismatchError if the run asked for anything else than the recorded one, or for less."""
        for left, what in ((self.turns, "answers"), (self._calls, "calls of the host"), (self.requests, "requests")):
            if left:
                self.other(f"the function ended before the last {len(left)} recorded {what}")
        if self.mismatch:
            raise ReplayMismatchError(self.mismatch)

    def other(self, text: str) -> None:
        """Note that something differs; the first counts."""
        self.mismatch = self.mismatch or text

    def _other(self, text: str) -> ValueError:
        self.other(text)
        return ValueError(text)


class _Replayed(Waiting):
    """Compares requests with the recorded ones and gives their answers turn by turn."""

    def __init__(self, requests: RequestLog, replayer: Replayer) -> None:
        super().__init__(requests, now_ns=replayer.now_ns)
        self._replayer = replayer

    def _started(self, request_id: int, wanted: Wanted) -> _Sent:
        if not isinstance(wanted, OutgoingRequest):
            return _Sent(None)
        self._compare(as_asked(request_id, wanted, self._replayer.seal))
        return _Sent(self._requests.show(wanted))

    def _compare(self, asked: Asked) -> None:
        recorded = self._replayer.requests.pop(asked.id, None)
        if recorded is None:
            self._replayer.other(f"{asked.method} {asked.url} was not requested by the recorded run")
        elif other := difference(recorded, asked):
            self._replayer.other(f"the request {recorded.method} {recorded.url} differs: {other}")

    async def _next_turn(self, until_s: float) -> Turn | None:
        replayer = self._replayer
        if not replayer.turns:
            replayer.other("the function goes on to wait where the recorded run had ended")
        if replayer.mismatch:
            return None
        turn = replayer.turns.pop(0)
        replayer.now = turn.clock_ns
        if turn.answers is None:
            return None
        answers: list[dict[str, Any]] = replayer.seal.show(turn.answers)
        for answer in answers:
            sent = self._open.get(answer.get("id", 0))
            if isinstance(sent, _Sent):
                sent.answered(answer, self._requests)
        return Turn(turn.clock_ns, answers)


class _Sent:
    """A request, or a timer, that is on its way in the record alone."""

    def __init__(self, shown: RequestRecord | None) -> None:
        self._shown = shown

    def cancel(self) -> None:
        if self._shown is not None and not self._shown.status:
            self._shown.error_code = self._shown.error_code or "ECANCELED"

    def answered(self, record: dict[str, Any], requests: RequestLog) -> None:
        if self._shown is None:
            return
        if "error" in record:
            self._shown.error_code = str(record["error"]["code"])
        else:
            requests.show_answer(self._shown, wire.answer_of(record))
