"""Messages that were acknowledged and are still there: nobody gets them any more, but they hold a backlog's places.

nats-server stores an acknowledgement and removes the message in two steps. One that is killed in between keeps the
message: the consumer's floor, up to which everything is acknowledged, is past it. The server looks after those itself
in clusters only. What waits for its next try holds the floor down; a server whose log is behind its consumers, after a
loss of power, sets their floors back before it gives out a sequence again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import nats.errors
import structlog
from nats.js.errors import NotFoundError

from services.delivery.clock import Clock
from shared.bus import Bus
from shared.bus.subjects import DELIVERIES, INBOX

_log = structlog.get_logger()

_LOOK_S = 30.0
_AT_ONCE = 20


class Leftovers:
    """Removes what lies at or under the floor of its consumer for two looks."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._streams = [_Stream(bus, name) for name in (INBOX, DELIVERIES)]

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except nats.errors.Error as error:
                _log.info("leftovers.unknown", reason=str(error) or type(error).__name__)
            await self._clock.wait(asyncio.Event(), _LOOK_S)

    async def look(self) -> None:
        """Look once. Raises nats.errors.Error."""
        for stream in self._streams:
            await stream.look()


class _Stream:
    def __init__(self, bus: Bus, name: str) -> None:
        self._bus = bus
        self._name = name
        self._oldest: dict[str, int] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def look(self) -> None:
        state = (await self._bus.jetstream.stream_info(self._name, subjects_filter=">")).state
        before, self._oldest = self._oldest, await self._first(state.subjects or {})
        still = [subject for subject, sequence in self._oldest.items() if before.get(subject) == sequence]
        await asyncio.gather(*(self._remove(subject, self._oldest[subject]) for subject in still))

    async def _first(self, subjects: Iterable[str]) -> dict[str, int]:
        found = await asyncio.gather(*map(self._sequence, subjects))
        return {subject: sequence for subject, sequence in zip(subjects, found, strict=True) if sequence}

    async def _sequence(self, subject: str) -> int | None:
        async with self._places:
            try:
                return (await self._bus.jetstream.get_msg(self._name, 1, subject=subject, next=True)).seq
            except NotFoundError:
                return None  # it has gone meanwhile

    async def _remove(self, subject: str, oldest: int) -> None:
        async with self._places:
            floor = await self._floor(subject)
            if oldest <= floor:
                await self._bus.jetstream.purge_stream(self._name, subject=subject, seq=floor + 1)
                _log.warning("leftovers.removed", subject=subject, sequence=oldest, floor=floor)

    async def _floor(self, subject: str) -> int:
        try:
            info = await self._bus.jetstream.consumer_info(self._name, subject.rpartition(".")[2])
        except NotFoundError:
            return 0
        return info.ack_floor.stream_seq if info.ack_floor else 0
