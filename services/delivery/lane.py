"""A lane: one durable consumer being worked on, with a bound on what is held at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import nats.errors
import structlog

from services.delivery.clock import Clock
from services.delivery.pacing import Pace
from shared.bus import Bus, Held, Puller
from shared.bus.consumers import declare_consumer
from shared.errors import PenstockError

_log = structlog.get_logger()

_FETCH_LIMIT = 100
_EXTENSIONS_PER_ACK_WAIT = 3
_LONGEST_BACK_OFF_S = 5.0
_REDECLARE_S = 0.5
# A busy lane takes new messages when it has room for so many of what it holds, or after so long.
_WORTHWHILE = 0.3
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

    How much it pulls is the pace's to say. While a message is held, its time is extended. When `handle` raises, what it
    has not settled is given back: that is how it tells that the platform failed, and the lane then pulls more slowly
    until something is settled, and not before the time that the error asks to wait.
    """

    def __init__(
        self,
        bus: Bus,
        consumer: LaneConsumer,
        *,
        pace: Pace,
        handle: Handle,
        on_declared: Callable[[], None],
        clock: Clock,
    ) -> None:
        """`on_declared` is called whenever the consumer may have been made anew, and with it all of its counts."""
        self._bus = bus
        self._consumer = consumer
        self._pace = pace
        self._handle = handle
        self._on_declared = on_declared
        self._clock = clock
        self._puller: Puller | None = None
        self._held: set[Held] = set()
        self._settled = asyncio.Event()
        self._draining = asyncio.Event()
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
                self._on_declared()
                await self._work()
            except (PenstockError, nats.errors.Error) as error:
                # The stream or the consumer is away: with its server, or removed by somebody.
                _log.warning("lane.restarted", consumer=self._consumer.name, reason=str(error) or type(error).__name__)
                await asyncio.sleep(_REDECLARE_S)

    async def drain(self) -> None:
        """Pull no more, and return when nothing is held and nothing asked for."""
        self._draining.set()
        self._interrupt_if_stopped()
        while self._held or self._puller:
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
        """Be done with a message, or give it back to come again after `delay_s`, now that it came to something."""
        self._failures = 0
        await (self.ack(held) if delay_s is None else self.nak(held, delay_s))

    async def _work(self) -> None:
        async with _owned_tasks() as tasks:
            tasks.create_task(self._extend())
            while True:
                await self._until_pulling()
                await self._pull(tasks)

    async def _until_pulling(self) -> None:
        while True:
            # Read before it is asked whether to wait: a limit that ends between the two is not waited for without end.
            wait_s = self._pace.wait_s
            if not self._is_stopped:
                return
            await self._change(wait_s)

    async def _pull(self, tasks: asyncio.TaskGroup) -> None:
        """Pull until that must stop; then the server forgets what was asked for, and keeps what waits."""
        puller = self._puller = Puller(self._bus, stream=self._consumer.stream, consumer=self._consumer.name)
        try:
            async with puller.open():
                while (room := await self._room()) and not puller.is_interrupted:
                    # What comes while nothing is held goes on at once, what comes to others waits for more.
                    held = await puller.fetch(min(room, _FETCH_LIMIT), gather_s=_GATHER_S if self._held else 0)
                    self._pace.pulled(len(held))
                    self._held.update(held)
                    if held:
                        tasks.create_task(self._handle_all(held))
        finally:
            self._puller = None
            self._settled.set()

    async def _room(self) -> int:
        """Wait until something may be pulled, and tell how much; 0 when pulling must stop."""
        await self._recover()
        while True:
            wait_s = self._pace.wait_s  # before what it is for, as above
            if self._is_stopped:
                return 0
            room = self._pace.allowance(len(self._held))
            if room > 0:
                return await self._gather_room(room)
            await self._change(wait_s)
            await self._recover()

    async def _gather_room(self, room: int) -> int:
        """Let more places come free, for a moment: few large groups cost less than many small ones."""
        gathered = room
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROOM_S):
                while gathered < len(self._held) * _WORTHWHILE:
                    self._settled.clear()
                    await self._settled.wait()
                    gathered = self._pace.allowance(len(self._held))
        return max(room, gathered)

    async def _change(self, wait_s: float | None) -> None:
        """Wait until what is held has changed, or for so long."""
        self._settled.clear()
        await self._clock.wait(self._settled, wait_s)

    @property
    def _is_stopped(self) -> bool:
        return self._draining.is_set() or self._pace.is_stopped

    def _interrupt_if_stopped(self) -> None:
        if self._puller and self._is_stopped:
            self._puller.interrupt()

    async def _recover(self) -> None:
        if self._failures:
            await self._clock.wait(self._draining, self._back_off_s())

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
        self._interrupt_if_stopped()


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
