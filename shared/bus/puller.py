"""Pulling from a durable consumer: a request always stands at the server, so that messages arrive as they come.

The client's own `fetch` asks twice per batch and waits for each message with a timer; with a thousand consumers and a
thousand events a second both would be felt.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress

import nats.errors
import structlog
from nats.aio.msg import Msg

from shared.bus.connection import Bus
from shared.errors import NotFound

_log = structlog.get_logger()

_NO_HEADERS: Mapping[str, str] = {}
_STATUS = "Status"
_NANOSECONDS = 1_000_000_000
_SHORT_REPLY = 9
# How long a request stands at the server. It answers when the time is over; without a word for so much longer the
# request is lost.
_REQUEST_S = 30
_SILENCE_S = 5


class Held:
    """A message that this process holds: until it is acknowledged, given back, or its `ack_wait` is over."""

    __slots__ = ("_bus", "_message", "data", "deliveries", "headers", "pending", "sequence", "stored_ns")

    def __init__(self, bus: Bus, message: Msg) -> None:
        self._bus = bus
        self._message = message
        self.data: bytes = message.data
        self.headers: Mapping[str, str] = message.headers or _NO_HEADERS
        fields = message.reply.split(".")
        # $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>;
        # longer ones have domain and account after ACK.
        first = 4 if len(fields) == _SHORT_REPLY else 6
        self.deliveries = int(fields[first])
        self.sequence = int(fields[first + 1])
        self.stored_ns = int(fields[first + 3])
        self.pending = int(fields[first + 4])

    @property
    def subject(self) -> str:
        """Subject that the message was published to."""
        return self._message.subject

    async def ack(self) -> None:
        """Done with it."""
        await self._answer(b"+ACK")

    async def nak(self, delay_s: float = 0) -> None:
        """Give it back, to be delivered again after `delay_s` seconds, to any worker."""
        delay = json.dumps({"delay": int(delay_s * _NANOSECONDS)}).encode()
        await self._answer(b"-NAK " + delay if delay_s > 0 else b"-NAK")

    async def extend(self) -> None:
        """Start `ack_wait` anew."""
        await self._answer(b"+WPI")

    async def _answer(self, word: bytes) -> None:
        await self._bus.connection.publish(self._message.reply, word)


class Puller:
    """Takes messages of one consumer. Not for concurrent use."""

    def __init__(self, bus: Bus, *, stream: str, consumer: str) -> None:
        self._bus = bus
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = bus.connection.new_inbox()
        self._arrived: deque[Msg] = deque()
        self._wake = asyncio.Event()
        self._request_number = 0
        # Messages that the standing request may still bring; 0 when none stands.
        self._outstanding = 0
        self._gone = ""
        self.is_interrupted = False

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Puller]:
        """Listen while the block runs; what came but was not fetched is given back at its end."""
        subscription = await self._bus.connection.subscribe(self._inbox + ".*", cb=self._on_message)
        try:
            with self._bus.on_reconnect(self._lapse):
                yield self
        finally:
            # An error here would replace a cancellation, which would then be lost.
            with suppress(nats.errors.Error):
                # Unlike `unsubscribe`, takes what is on the way: it would wait for the end of `ack_wait` otherwise.
                # In a task of its own, because it swallows the cancellation of whoever waits for it.
                await asyncio.shield(subscription.drain())
                for message in self._arrived:
                    await Held(self._bus, message).nak()

    async def fetch(self, limit: int, *, gather_s: float = 0) -> list[Held]:
        """Wait for messages and give what is there, at least one unless it is interrupted.

        `limit` is how many to ask for. What an earlier and larger request brings is given too: it is this process's.
        When the first has come, wait up to `gather_s` for others: a group costs little more than a message.
        Raises NotFound when the consumer does not exist (any more).
        """
        while not self._arrived and not self.is_interrupted:
            self._wake.clear()
            if not self._outstanding:
                await self._request(limit)
            await self._wait()
        if gather_s:
            await self._gather(limit, gather_s)
        taken = list(self._arrived)
        self._arrived.clear()
        return [Held(self._bus, message) for message in taken]

    async def _gather(self, limit: int, gather_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(gather_s):
                while len(self._arrived) < limit and not self.is_interrupted:
                    self._wake.clear()
                    await self._wake.wait()

    def interrupt(self) -> None:
        """Have `fetch` wait no more, now and from now on. What it has asked for, the end of `open` takes back."""
        self.is_interrupted = True
        self._wake.set()

    async def _request(self, limit: int) -> None:
        self._request_number += 1
        self._outstanding = limit
        request = {"batch": limit, "expires": _REQUEST_S * _NANOSECONDS}
        reply = f"{self._inbox}.{self._request_number}"
        await self._bus.connection.publish(self._next, json.dumps(request).encode(), reply=reply)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S + _SILENCE_S):
                await self._wake.wait()
        except TimeoutError:
            self._lapse()
        if self._gone:
            reason, self._gone = self._gone, ""
            raise NotFound(f"The consumer cannot be pulled from: {reason}", reason="CONSUMER_GONE")

    def _lapse(self) -> None:
        self._outstanding = 0
        self._wake.set()

    async def _on_message(self, message: Msg) -> None:
        if message.subject.startswith(self._inbox):
            self._on_status(message)
            return
        self._outstanding = max(0, self._outstanding - 1)
        self._arrived.append(message)
        self._wake.set()

    def _on_status(self, message: Msg) -> None:
        if message.subject != f"{self._inbox}.{self._request_number}":
            return
        headers = message.headers or _NO_HEADERS
        status, description = headers.get(_STATUS, ""), headers.get("Description", "")
        # 404 and 408 only end the request, as do all 409 but the one that says that the consumer is no more.
        if status == "503" or "Consumer Deleted" in description:
            self._gone = description or "no such consumer"
        self._lapse()
