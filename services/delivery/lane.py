"""A lane: one durable consumer being worked on, with a bound on what is held at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import nats.errors
import structlog

from shared.bus import Bus, Held, Puller
from shared.bus.consumers import declare_consumer
from shared.errors import PenstockError

_log = structlog.get_logger()

_FETCH_LIMIT = 100
_EXTENSIONS_PER_ACK_WAIT = 3
_LONGEST_BACK_OFF_S = 5.0
_REDECLARE_S = 0.5
# A lane that is full takes new messages when so much of it is free, or after so long.
_WORTHWHILE = 0.25
_ROOM_S = 0.02
_GATHER_S = 0.005


@dataclass(frozen=True, slots=True)
class LaneConsumer:
    """The durable consumer of a lane."""

    stream: str
    name: str
    subject: str
    ack_wait_s: float


Handle = Callable[["Lane", Sequence[Held]], Awaitable[None]]


class Lane:
    """Pulls messages and gives them in groups to `handle`, which settles each with `ack` or `nak`.

    While a message is held, its time is extended. When `handle` raises, what it has not settled is given back: that is
    how it tells that the platform failed, and the lane then pulls more slowly until something succeeds, and not before
    the time that the error asks to wait.
    """

    def __init__(self, bus: Bus, consumer: LaneConsumer, *, concurrency: Callable[[], int], handle: Handle) -> None:
        self._bus = bus
        self._consumer = consumer
        self._concurrency = concurrency
        self._handle = handle
        self._held: set[Held] = set()
        self._settled = asyncio.Event()
        self._draining = False
        self._failures = 0
        self._asked_s = 0.0

    @property
    def stream(self) -> str:
        """Stream that it pulls from."""
        return self._consumer.stream

    @property
    def in_flight(self) -> int:
        """How many messages are being worked on."""
        return len(self._held)

    async def run(self) -> None:
        """Work until cancelled; what is held then comes again when `ack_wait` is over. `drain` first to avoid that."""
        while True:
            try:
                await declare_consumer(
                    self._bus,
                    stream=self._consumer.stream,
                    name=self._consumer.name,
                    subject=self._consumer.subject,
                    ack_wait_s=self._consumer.ack_wait_s,
                )
                await self._work()
            except (PenstockError, nats.errors.Error) as error:
                # The stream or the consumer is away: with its server, or removed by somebody.
                _log.warning("lane.restarted", consumer=self._consumer.name, reason=str(error) or type(error).__name__)
                await asyncio.sleep(_REDECLARE_S)

    async def drain(self) -> None:
        """Pull no more, and return when nothing is held."""
        self._draining = True
        while self._held:
            self._settled.clear()
            await self._settled.wait()

    async def ack(self, held: Held) -> None:
        """Done with a message."""
        self._release(held)
        self._failures = 0
        await held.ack()

    async def nak(self, held: Held, delay_s: float) -> None:
        """Give a message back, to come again after `delay_s`."""
        self._release(held)
        await held.nak(delay_s)

    async def settle(self, held: Held, delay_s: float | None) -> None:
        """Be done with a message, or give it back to come again after `delay_s`."""
        await (self.ack(held) if delay_s is None else self.nak(held, delay_s))

    async def _work(self) -> None:
        puller = Puller(self._bus, stream=self._consumer.stream, consumer=self._consumer.name)
        async with puller.open(), _owned_tasks() as tasks:
            tasks.create_task(self._extend())
            while True:
                room = await self._room()
                # What comes while nothing is held goes on at once, what comes to others waits for more.
                held = await puller.fetch(min(room, _FETCH_LIMIT), gather_s=_GATHER_S if self._held else 0)
                self._held.update(held)
                tasks.create_task(self._handle_all(held))

    async def _room(self) -> int:
        await self._recover()
        while (room := self._concurrency() - len(self._held)) <= 0 or self._draining:
            self._settled.clear()
            await self._settled.wait()
            await self._recover()
        return await self._gather_room(room)

    async def _gather_room(self, room: int) -> int:
        """Let more places come free, for a moment: few large groups cost less than many small ones."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROOM_S):
                while (room := self._concurrency() - len(self._held)) < self._concurrency() * _WORTHWHILE:
                    self._settled.clear()
                    await self._settled.wait()
        return room

    async def _recover(self) -> None:
        if self._failures:
            await asyncio.sleep(self._back_off_s())

    async def _handle_all(self, group: Sequence[Held]) -> None:
        try:
            await self._handle(self, group)
        except (PenstockError, nats.errors.Error) as error:
            _log.warning("lane.failed", consumer=self._consumer.name, error=str(error) or type(error).__name__)
            asked_s = error.retry_delay_s if isinstance(error, PenstockError) else None
            await self._give_back(group, asked_s=asked_s or 0.0)
        except Exception:  # noqa: BLE001 one group's defect must not end the others
            _log.exception("lane.defect", consumer=self._consumer.name)
            await self._give_back(group, asked_s=0.0)
        finally:
            for held in group:
                self._release(held)

    async def _give_back(self, group: Sequence[Held], *, asked_s: float) -> None:
        self._failures += 1
        self._asked_s = asked_s
        with suppress(nats.errors.Error):
            for held in group:
                if held in self._held:
                    await self.nak(held, self._back_off_s())

    def _back_off_s(self) -> float:
        own_s = min(_LONGEST_BACK_OFF_S, 0.25 * 2 ** min(self._failures, 10))
        # What failed together must not come back together.
        return max(random.uniform(0.5, 1) * own_s, random.uniform(1, 1.25) * self._asked_s)  # noqa: S311 no secret

    async def _extend(self) -> None:
        while True:
            await asyncio.sleep(self._consumer.ack_wait_s / _EXTENSIONS_PER_ACK_WAIT)
            for held in list(self._held):
                await held.extend()

    def _release(self, held: Held) -> None:
        self._held.discard(held)
        self._settled.set()


@asynccontextmanager
async def _owned_tasks() -> AsyncGenerator[asyncio.TaskGroup]:
    """A task group whose error, when it is a single one, is raised as itself."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except* (PenstockError, nats.errors.Error) as group:
        task = asyncio.current_task()
        if task and task.cancelling():
            # The group of tasks prefers their errors to the cancellation that came at the same time.
            raise asyncio.CancelledError from None
        raise group.exceptions[0] from None
