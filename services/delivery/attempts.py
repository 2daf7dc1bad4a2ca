"""How often a delivery was tried, and when the next try is due: kept in the stream ATTEMPTS.

The consumer's own count of deliveries will not do: it also counts what the platform failed at (an executor that was
busy, a worker that died), and a try that is repeated after a crash would get another number and look like a new one. So
the count is kept by delivery: written after the outcome of a failed try and before the message is given back. A crash
between the two repeats the try under the same number, which the projector knows as a duplicate.

The time of the next try is kept beside it, since a server that is killed forgets the delays, and even the deliveries,
of the last moments before. What comes too early is given back for the rest of its delay. Only what may have been given
back before is looked up, so a delivery that succeeds at once costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from nats.js.errors import NotFoundError

from services.delivery.clock import Clock
from services.delivery.lane import Lane
from services.delivery.publishing import publish_persistently
from shared.bus import Bus, Held, Publication
from shared.bus.subjects import ATTEMPTS, attempts

# `<Unix time of the try> <seconds to the next>`: beside the count, so that older releases can read that.
_DELAY_HEADER = "Penstock-Delay"


@dataclass(frozen=True, slots=True)
class Tried:
    """How often something was tried; the latest time at `tried_at`, the next `delay_s` after that."""

    count: int = 0
    tried_at: float = 0.0
    delay_s: float = 0.0

    def wait_s(self, now: float) -> float:
        """Seconds until the next try is due; 0 also when the clock was set back behind the latest try."""
        remaining_s = self.tried_at + self.delay_s - now
        return remaining_s if 0 < remaining_s <= self.delay_s else 0.0


class Redeliveries:
    """Knows which messages of a stream may have been given back before.

    The server's count of deliveries tells it, except that a killed server forgets the last ones, and a consumer that is
    made anew all: what was in the stream when that happened may have been delivered however often.
    """

    def __init__(self, bus: Bus, stream: str) -> None:
        self._bus = bus
        self._stream = stream
        self._known_upto: int | None = None

    @contextmanager
    def watching(self) -> Generator[None]:
        """Notice reconnections while the block runs."""
        with self._bus.on_reconnect(self.forget):
            yield

    async def among(self, held: Mapping[str, Held]) -> list[str]:
        """Name those that may have been given back. Raises the client's errors when the log cannot be reached."""
        upto = self._known_upto
        if upto is None:
            upto = self._known_upto = (await self._bus.jetstream.stream_info(self._stream)).state.last_seq
        return [name for name, each in held.items() if each.deliveries > 1 or each.sequence <= upto]

    def forget(self) -> None:
        """Trust no count of what is in the stream now."""
        self._known_upto = None


class Attempts:
    """Counts of tries, of one source or destination."""

    def __init__(self, bus: Bus, owner_id: str, *, redeliveries: Redeliveries, clock: Clock) -> None:
        self._bus = bus
        self._owner_id = owner_id
        self._redeliveries = redeliveries
        self._clock = clock

    async def numbers(self, lane: Lane, held: Mapping[str, Held]) -> Mapping[str, int]:
        """Give the number of the next try of each delivery that is due, and the others back until they are.

        Raises the client's errors when the log cannot be reached.
        """
        again = await self._redeliveries.among(held)
        tried = dict(zip(again, await asyncio.gather(*(self._load(name) for name in again)), strict=True))
        numbers: dict[str, int] = {}
        for name, each in held.items():
            latest = tried.get(name, Tried())
            wait_s = latest.wait_s(self._clock.time())
            if wait_s:
                await lane.nak(each, wait_s)
            else:
                numbers[name] = latest.count + 1
        return numbers

    async def save(self, tries: Mapping[str, tuple[int, float]]) -> None:
        """Store how often each was tried and the seconds to its next try, waiting until the log is there."""
        now = self._clock.time()
        await publish_persistently(
            self._bus,
            [
                Publication(
                    attempts(self._owner_id, name),
                    str(count).encode(),
                    headers={_DELAY_HEADER: f"{now:.3f} {delay_s:.3f}"},
                )
                for name, (count, delay_s) in tries.items()
            ],
        )

    async def _load(self, delivery_id: str) -> Tried:
        try:
            stored = await self._bus.jetstream.get_last_msg(
                ATTEMPTS, attempts(self._owner_id, delivery_id), direct=True
            )
        except NotFoundError:
            return Tried()
        headers: Mapping[str, str] = stored.headers or {}
        tried_at, _, delay_s = headers.get(_DELAY_HEADER, "0 0").partition(" ")
        return Tried(int(stored.data), float(tried_at), float(delay_s))
