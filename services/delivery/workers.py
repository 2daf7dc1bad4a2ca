"""Which lanes run: one for each enabled source and destination of CONFIG, started and ended as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import nats.errors
import structlog

from penstock.config.v1 import config_pb2
from services.delivery.attempts import Attempts, Redeliveries
from services.delivery.circuit import Circuit
from services.delivery.clock import Clock
from services.delivery.destination_worker import DestinationWorker
from services.delivery.disabling import Disabling
from services.delivery.dispatching import Dispatcher
from services.delivery.handing_over import HandingOver
from services.delivery.health import DestinationHealth
from services.delivery.invoking import Invoker
from services.delivery.lane import Lane, LaneConsumer
from services.delivery.lock_out import LockOut
from services.delivery.neighbours import Neighbours
from services.delivery.outcomes import Outcomes
from services.delivery.pacing import Pace
from services.delivery.rate_limit import TokenBucket
from services.delivery.routing import Router
from services.delivery.settings import DeliverySettings, LaneLimits
from services.delivery.source_worker import SourceWorker
from services.delivery.spans import Spans
from shared.bus import Bus, ConfigView, subjects
from shared.bus.consumers import remove_consumer
from shared.errors import PenstockError

_log = structlog.get_logger()

T = TypeVar("T", config_pb2.SourceConfig, config_pb2.DestinationConfig)

SourceConfig, DestinationConfig = config_pb2.SourceConfig, config_pb2.DestinationConfig


@dataclass(frozen=True, slots=True)
class _Running:
    lane: Lane
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class DestinationInService:
    """An enabled destination, and how it does."""

    workspace_id: str
    destination_id: str
    health: DestinationHealth


class Workers:
    """Runs the lanes of all sources and destinations."""

    def __init__(
        self,
        *,
        bus: Bus,
        config: ConfigView,
        invoker: Invoker,
        spans: Spans,
        settings: DeliverySettings,
        disabling: Disabling,
        lock_out: LockOut,
        clock: Clock,
    ) -> None:
        self._bus = bus
        self._config = config
        self._invoker = invoker
        self._spans = spans
        self._settings = settings
        self._disabling = disabling
        self._lock_out = lock_out
        self._clock = clock
        self._outcomes = Outcomes(bus)
        self._handing_over = HandingOver(bus, config)
        self._router = Router(config)
        self._inbox, self._deliveries = Redeliveries(bus, subjects.INBOX), Redeliveries(bus, subjects.DELIVERIES)
        self.destinations: dict[str, DestinationInService] = {}
        self._neighbours = Neighbours(clock=clock.monotonic)
        self._running: dict[str, _Running] = {}
        self._removed: set[str] = set()

    def is_locked_out(self, workspace_id: str) -> bool:
        """Tell whether functions of a workspace do not run here now."""
        return self._lock_out.holds(workspace_id)

    def in_flight(self) -> Mapping[tuple[str, ...], float]:
        """Count the events being worked on, by stage."""
        counts = {("source",): 0, ("destination",): 0}
        for each in list(self._running.values()):
            counts["source" if each.lane.stream == subjects.INBOX else "destination",] += each.lane.in_flight
        return counts

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Work while the block runs, then finish what is being worked on."""
        with self._inbox.watching(), self._deliveries.watching():
            async with asyncio.TaskGroup() as tasks:
                follow = tasks.create_task(self._follow(tasks))
                try:
                    yield
                finally:
                    follow.cancel()
                    await self._stop(list(self._running))

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        version = -1
        while True:
            version = await self._config.changed(version)
            await self._reconcile(tasks)

    async def _reconcile(self, tasks: asyncio.TaskGroup) -> None:
        wanted = self._wanted()
        unwanted = [name for name in self._running if name not in wanted]
        await self._stop(unwanted)
        await self._forget(unwanted)
        for name in wanted.keys() - self._running.keys():
            lane = wanted[name]()
            self._running[name] = _Running(lane, tasks.create_task(lane.run()))
        for kind, stream in ((SourceConfig, subjects.INBOX), (DestinationConfig, subjects.DELIVERIES)):
            for name in self._config.deleted(kind) - self._removed:
                await self._remove(stream, name)

    def _wanted(self) -> Mapping[str, Callable[[], Lane]]:
        sources = _enabled(self._config.all(SourceConfig))
        destinations = _enabled(self._config.all(DestinationConfig))
        return {name: lambda source=source: self._source_lane(source) for name, source in sources.items()} | {
            name: lambda destination=destination: self._destination_lane(destination)
            for name, destination in destinations.items()
        }

    def _source_lane(self, source: config_pb2.SourceConfig) -> Lane:
        limits = self._settings.sources
        worker = SourceWorker(
            dispatcher=Dispatcher(
                router=self._router, handing_over=self._handing_over, outcomes=self._outcomes, spans=self._spans
            ),
            config=self._config,
            source_id=source.source_id,
            invoker=self._invoker_of(source.workspace_id),
            attempts=Attempts(self._bus, source.source_id, redeliveries=self._inbox, clock=self._clock),
            policy=self._settings.source_retry,
            spans=self._spans,
            clock=self._clock,
        )
        consumer = LaneConsumer(
            stream=subjects.INBOX,
            name=source.source_id,
            subject=subjects.inbox(source.workspace_id, source.source_id),
            ack_wait_s=limits.ack_wait_s,
        )
        return Lane(
            self._bus,
            consumer,
            pace=Pace(
                lambda: self._bounded(limits, limits.concurrency, source.workspace_id),
                on_pulled=lambda: self._neighbours.pulled(source.workspace_id),
            ),
            handle=worker.handle,
            on_declared=self._inbox.forget,
            clock=self._clock,
        )

    def _destination_lane(self, destination: config_pb2.DestinationConfig) -> Lane:
        limits, name = self._settings.destinations, destination.destination_id

        def current() -> config_pb2.DestinationConfig | None:
            return self._config.get(DestinationConfig, name)

        def concurrency() -> int:
            now = current()
            own = (now and now.concurrency) or limits.concurrency
            return self._bounded(limits, own, destination.workspace_id)

        def per_second() -> float:
            now = current()
            return now.max_per_second if now else 0.0

        health = self._health(destination)
        worker = DestinationWorker(
            destination=current,
            invoker=self._invoker_of(destination.workspace_id),
            attempts=Attempts(self._bus, name, redeliveries=self._deliveries, clock=self._clock),
            outcomes=self._outcomes,
            policy=self._settings.destination_retry,
            spans=self._spans,
            observe=health.observe,
            clock=self._clock,
        )
        consumer = LaneConsumer(
            stream=subjects.DELIVERIES,
            name=name,
            subject=subjects.deliveries(destination.workspace_id, name),
            ack_wait_s=limits.ack_wait_s,
        )
        pace = Pace(
            concurrency,
            TokenBucket(per_second, clock=self._clock.monotonic),
            health.circuit,
            on_pulled=lambda: self._neighbours.pulled(destination.workspace_id),
        )
        return Lane(
            self._bus,
            consumer,
            pace=pace,
            handle=worker.handle,
            on_declared=self._deliveries.forget,
            clock=self._clock,
        )

    def _invoker_of(self, workspace_id: str) -> Invoker:
        return self._invoker.unless(lambda: self.is_locked_out(workspace_id))

    def _bounded(self, limits: LaneLimits, concurrency: int, workspace_id: str) -> int:
        if self._neighbours.has(workspace_id):
            return min(concurrency, limits.concurrency_beside_others)
        return concurrency

    def _health(self, destination: config_pb2.DestinationConfig) -> DestinationHealth:
        name, workspace_id = destination.destination_id, destination.workspace_id
        circuit = Circuit(self._settings.circuit, clock=self._clock.monotonic)
        health = DestinationHealth(name, circuit, self._disabling.of(workspace_id, name))
        self.destinations[name] = DestinationInService(workspace_id, name, health)
        return health

    async def _forget(self, names: list[str]) -> None:
        """Forget how destinations did that were disabled or deleted: enabled again, they begin anew."""
        for gone in [self.destinations.pop(name) for name in names if name in self.destinations]:
            try:
                await self._disabling.forget(gone.workspace_id, gone.destination_id)
            except (PenstockError, nats.errors.Error) as error:
                _log.warning("destination.not_forgotten", destination=gone.destination_id, error=str(error))

    async def _stop(self, names: list[str]) -> None:
        stopping = [self._running.pop(name) for name in names]
        try:
            async with asyncio.timeout(self._settings.drain_s):
                await asyncio.gather(*(each.lane.drain() for each in stopping))
        except TimeoutError:
            _log.warning("workers.cut_off", lanes=len(stopping))
        for each in stopping:
            each.task.cancel()

    async def _remove(self, stream: str, name: str) -> None:
        """Remove the consumer of what was deleted for good, with all that waited for it."""
        prefix = "inbox" if stream == subjects.INBOX else "deliveries"
        try:
            await remove_consumer(self._bus, stream=stream, name=name, subject=f"{prefix}.*.{name}")
        except nats.errors.Error as error:
            _log.warning("consumer.not_removed", consumer=name, error=str(error) or type(error).__name__)
            return
        self._removed.add(name)


def _enabled(values: Mapping[str, T]) -> Mapping[str, T]:
    return {name: value for name, value in values.items() if value.enabled}
