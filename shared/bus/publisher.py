"""Publishing into JetStream: many messages in flight, one wait for all their acks.

The client's own `publish` costs a future, a timer and a task switch per message, which at a thousand events a second is
most of what a hop does; here a group of messages shares one of each, and all groups share one timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import nats.errors

from shared.bus.acks import Ack, read_ack, unreachable
from shared.bus.frames import Publication, frame
from shared.bus.wire import WireClient
from shared.errors import InvalidArgument, PenstockError, Unavailable

# A server that owes acks and has given none for so long hangs: a message a second asks whether it still does.
STALL_S = 2.0
_PROBE_S = 1.0
# What the client keeps of what the server does not read; more is refused.
MAX_PENDING_BYTES = 16 * 1024 * 1024


@dataclass(slots=True, eq=False)
class _Flight:
    """Publications that are waited for together."""

    deadline: float
    results: list[Ack | PenstockError | None]
    missing: int
    landed: asyncio.Future[None]

    def land(self, index: int, result: Ack | PenstockError) -> None:
        if self.results[index] is not None:
            return
        self.results[index] = result
        self.missing -= 1
        if self.missing == 0 and not self.landed.done():
            self.landed.set_result(None)

    def fail(self, message: str) -> None:
        for index in range(len(self.results)):
            self.land(index, unreachable(message))


class Publisher:
    """Publishes and awaits acks over one connection."""

    def __init__(self, connection: WireClient, *, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._reply_prefix = connection.new_inbox() + "."
        # In the order of their deadlines.
        self._flights: dict[int, _Flight] = {}
        self._next_flight = 0
        self._sweep: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._probed_at = 0.0
        self._hangs = False

    async def start(self) -> None:
        """Listen for acks."""
        await self._connection.hand_over(self._reply_prefix + "*", self._on_ack)

    async def publish(self, publication: Publication) -> Ack:
        """Publish one message; the ack tells that it is stored.

        Raises ResourceExhausted (BACKLOG_FULL) when the subject holds as many messages as it may, Unavailable when no
        ack came (the message may be stored all the same), at once when the server hangs or its store is full
        (LOG_FULL), and InvalidArgument (TOO_LARGE).
        """
        (result,) = await self.publish_all([publication])
        if isinstance(result, PenstockError):
            raise result
        return result

    async def publish_all(self, publications: Sequence[Publication]) -> list[Ack | PenstockError]:
        """Publish messages and wait once; what `publish` would raise for one stands in its place of the list."""
        if not publications:
            return []
        loop = asyncio.get_running_loop()
        refusal = self._refusal(loop.time())
        if refusal is not None:
            return [refusal for _ in publications]
        number, flight = self._take_off(len(publications), loop)
        try:
            await self._send(publications, number, flight)
            await flight.landed
        finally:
            self._flights.pop(number, None)
        return [result or unreachable("JetStream did not answer in time.") for result in flight.results]

    def fail_all(self) -> None:
        """Give up what is in flight: its acks will not come over a new connection."""
        for flight in list(self._flights.values()):
            flight.fail("The connection to NATS was lost.")
        self._flights.clear()
        self._hangs = False

    def _refusal(self, now: float) -> Unavailable | None:
        if not self._connection.is_connected:
            # The client would keep it for later, when nobody waits for it any more.
            return unreachable("NATS is not connected.")
        if self._connection.pending_data_size > MAX_PENDING_BYTES:
            return unreachable("NATS does not read what it is sent.")
        self._hangs = self._hangs or (bool(self._flights) and now - self._heard_at >= STALL_S)
        if not self._hangs:
            return None
        if now - self._probed_at < _PROBE_S:
            return unreachable("JetStream has stopped answering.")
        self._probed_at = now
        return None

    def _take_off(self, messages: int, loop: asyncio.AbstractEventLoop) -> tuple[int, _Flight]:
        self._next_flight += 1
        now = loop.time()
        if not self._flights:
            # Nothing was owed until now.
            self._heard_at = now
        flight = _Flight(now + self._timeout_s, [None] * messages, messages, loop.create_future())
        self._flights[self._next_flight] = flight
        if self._sweep is None:
            self._sweep = loop.call_at(flight.deadline, self._expire, loop)
        return self._next_flight, flight

    async def _send(self, publications: Sequence[Publication], number: int, flight: _Flight) -> None:
        limit = self._connection.max_payload
        parts: list[bytes] = []
        for index, publication in enumerate(publications):
            try:
                parts += frame(publication, f"{self._reply_prefix}{number}-{index}", limit)
            except InvalidArgument as error:
                flight.land(index, error)
        try:
            await self._connection.write(b"".join(parts))
        except nats.errors.Error:
            flight.fail("NATS is not connected.")

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweep = None
        now = loop.time()
        for flight in self._flights.values():
            if flight.deadline > now:
                self._sweep = loop.call_at(flight.deadline, self._expire, loop)
                return
            self._hangs = self._hangs or now - self._heard_at >= STALL_S
            if not flight.landed.done():
                flight.landed.set_result(None)

    def _on_ack(self, subject: bytes, payload: bytes) -> None:
        number, _, index = subject[len(self._reply_prefix) :].partition(b"-")
        flight = self._flights.get(int(number))
        if flight is not None:
            flight.land(int(index), read_ack(payload))
        self._heard_at, self._hangs = asyncio.get_running_loop().time(), False
