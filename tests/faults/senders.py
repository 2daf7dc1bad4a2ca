"""The senders: a steady rate of events by both doors, and an account of what was answered to each.

No event is sent twice, not even when its answer did not come: what arrives twice was repeated by the installation.
"""

from __future__ import annotations

import asyncio
import enum
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import grpc

from penstock.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc
from tests.faults import fate

_WEBHOOK_SENDERS = 8
_INGEST_SENDERS = 2
_INGEST_GROUP = 10
_PAUSE_AFTER_REFUSAL_S = 0.05
_TIMEOUT_S = 15
_CHANNEL = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 300)]


class Answer(enum.IntEnum):
    """What a sender was told of an event. UNKNOWN: nothing certain, so it may have been taken."""

    NOT_SENT = 0
    ACCEPTED = 1
    REFUSED = 2
    UNKNOWN = 3


@dataclass(slots=True)
class Resumption:
    """When each door took an event again after a fault that struck at `since` (monotonic seconds)."""

    since: float
    taken_s: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def seconds(self) -> float | None:
        """Seconds until both doors took events again; None while they do not."""
        return max(self.taken_s.values()) if len(self.taken_s) == len(_DOORS) else None


_DOORS = ("http", "grpc")


@dataclass(slots=True)
class Answers:
    """What was answered to each event, one byte each."""

    events: int
    of: bytearray = field(init=False)
    accepted: int = 0
    open: list[Resumption] = field(default_factory=list[Resumption])
    refused_at: float = 0.0

    def __post_init__(self) -> None:
        self.of = bytearray(self.events)

    def begin(self, numbers: range) -> None:
        """Note that events are on their way, so that one whose answer nobody waits for is not taken for unsent."""
        for number in numbers:
            self.of[number] = Answer.UNKNOWN

    def note(self, numbers: range, answer: Answer, sent_at: float, door: str) -> None:
        """Note the answer to events that were sent together."""
        for number in numbers:
            self.of[number] = answer
        if answer is Answer.ACCEPTED:
            self.accepted += len(numbers)
            self._resumed(sent_at, door)
        else:
            self.refused_at = sent_at

    def await_resumption(self) -> Resumption:
        """Watch from now on when each door takes an event that was sent after this call."""
        watched = Resumption(time.monotonic())
        self.open.append(watched)
        return watched

    def _resumed(self, sent_at: float, door: str) -> None:
        for each in self.open:
            if sent_at >= each.since:
                each.taken_s.setdefault(door, time.monotonic() - each.since)
        self.open = [each for each in self.open if each.seconds is None]


class Senders:
    """Sends events by HTTP and by gRPC, both at half of `rate` events a second; `burst` sends without a pause."""

    def __init__(self, answers: Answers, *, rate: float, webhook_url: str, write_key: str) -> None:
        self.answers = answers
        self.rate = rate
        self.grpc_address = ""
        self.burst = False
        self._webhook_url = webhook_url
        self._metadata = (("authorization", f"Bearer {write_key}"),)
        self._even: Iterator[int] = iter(range(0, answers.events, 2))
        self._odd: Iterator[int] = iter(range(1, answers.events - 2 * _INGEST_GROUP, 2 * _INGEST_GROUP))

    async def run(self) -> None:
        """Send until cancelled."""
        async with _session() as session, asyncio.TaskGroup() as tasks:
            for _ in range(_WEBHOOK_SENDERS):
                tasks.create_task(self._send_webhooks(session))
            for _ in range(_INGEST_SENDERS):
                tasks.create_task(self._send_messages())

    async def send(self, webhooks: int, groups: int) -> None:
        """Send so many webhooks, and groups of ten by gRPC, all at once."""
        async with _session() as session, grpc.aio.insecure_channel(self.grpc_address, options=_CHANNEL) as channel:
            stub: Any = ingest_service_pb2_grpc.IngestServiceStub(channel)
            await asyncio.gather(
                *(self._send_webhook(session, next(self._even)) for _ in range(webhooks)),
                *(self._send_group(stub, next(self._odd)) for _ in range(groups)),
            )

    async def _send_webhooks(self, session: aiohttp.ClientSession) -> None:
        for number in self._even:
            sent_at = time.monotonic()
            answer = await self._send_webhook(session, number)
            await self._pause(answer, 2 * _WEBHOOK_SENDERS / self.rate, sent_at)

    async def _send_webhook(self, session: aiohttp.ClientSession, number: int) -> Answer:
        sent_at, one = time.monotonic(), range(number, number + 1)
        self.answers.begin(one)
        answer = await self._webhook(session, number)
        self.answers.note(one, answer, sent_at, "http")
        return answer

    async def _webhook(self, session: aiohttp.ClientSession, number: int) -> Answer:
        body = {"id": str(number), "integrations": _integrations(number)}
        try:
            async with session.post(self._webhook_url, json=body) as answer:
                await answer.read()
                return {202: Answer.ACCEPTED, 429: Answer.REFUSED}.get(answer.status, Answer.UNKNOWN)
        except aiohttp.ClientConnectorError:
            return Answer.REFUSED
        except (aiohttp.ClientError, TimeoutError):
            return Answer.UNKNOWN

    async def _send_messages(self) -> None:
        while True:
            async with grpc.aio.insecure_channel(self.grpc_address, options=_CHANNEL) as channel:
                stub: Any = ingest_service_pb2_grpc.IngestServiceStub(channel)
                await self._send_over(stub, self.grpc_address)

    async def _send_over(self, stub: Any, address: str) -> None:
        """Send until the gateway is to be found somewhere else."""
        while address == self.grpc_address:
            sent_at = time.monotonic()
            answer = await self._send_group(stub, next(self._odd))
            await self._pause(answer, 2 * _INGEST_SENDERS * _INGEST_GROUP / self.rate, sent_at)

    async def _send_group(self, stub: Any, first: int) -> Answer:
        sent_at, numbers = time.monotonic(), range(first, first + 2 * _INGEST_GROUP, 2)
        self.answers.begin(numbers)
        answer = await self._ingest(stub, numbers)
        self.answers.note(numbers, answer, sent_at, "grpc")
        return answer

    async def _ingest(self, stub: Any, numbers: range) -> Answer:
        request = ingest_service_pb2.IngestRequest(messages=[_message(number) for number in numbers])
        with suppress(grpc.aio.AioRpcError):
            await stub.Ingest(request, metadata=self._metadata, timeout=_TIMEOUT_S)
            return Answer.ACCEPTED
        # Also with a full backlog: a part of the group may have found room.
        return Answer.UNKNOWN

    async def _pause(self, answer: Answer, interval_s: float, sent_at: float) -> None:
        if answer is not Answer.ACCEPTED:
            await asyncio.sleep(_PAUSE_AFTER_REFUSAL_S)
        elif not self.burst:
            await asyncio.sleep(max(0.0, sent_at + interval_s - time.monotonic()))


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_WEBHOOK_SENDERS), timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)
    )


def _integrations(number: int) -> dict[str, bool]:
    return {fate.second_destination(number): False} if fate.is_wished_away(number) else {}


def _message(number: int) -> bytes:
    message = {"type": "track", "event": "Stormed", "userId": "u", "messageId": str(number)}
    return json.dumps(message | {"integrations": _integrations(number)}).encode()
