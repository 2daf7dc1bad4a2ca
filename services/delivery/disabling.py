"""Switching off destinations that nothing has reached for days.

Since when a destination fails is kept in the stream FAILING, one small message for each that does, written by a loop
beside the way of events. What waits for a destination that is switched off stays, and goes on when it is enabled again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import grpc
import nats.errors
import structlog
from google.protobuf.timestamp_pb2 import Timestamp
from nats.js.errors import NotFoundError
from sqlmodel import col, select

from penstock.event.v1 import outcome_pb2
from penstock.registry.v1 import destination_pb2, destination_pb2_grpc
from services.delivery.clock import Clock
from services.delivery.tables import Counter
from shared.bus import Bus, Publication, subjects
from shared.database import Database
from shared.errors import FailedPrecondition, NotFound, PenstockError

_log = structlog.get_logger()

_DAY_S = 24 * 3600.0
_MINUTE_S = 60
# How often failing destinations are looked at, and how often one that goes on failing is stored again.
_LOOK_S = 60.0
_STORE_S = 3600.0


@dataclass(slots=True)
class Failing:
    """Since when every delivery of a destination fails; None while they do not.

    Failures that lie more than a day apart are not one time of failing: who gets an event a week is not switched off
    because two of them failed.
    """

    clock: Clock
    since: float | None = None
    latest: float = 0.0
    stored: float | None = None

    def failed(self) -> None:
        """Take note of a failure."""
        now = self.clock.time()
        if self.since is None or now - self.latest > _DAY_S:
            self.since = now
        self.latest = now

    def succeeded(self) -> None:
        """Take note of a success, which ends it."""
        self.since = None

    @property
    def for_s(self) -> float:
        """Seconds from the first to the latest failure."""
        return 0.0 if self.since is None else self.latest - self.since


@dataclass(frozen=True, slots=True)
class Suspect:
    """A destination that may be switched off."""

    workspace_id: str
    destination_id: str
    since: float
    for_s: float


# Both may raise PenstockError, and are then called again later.
Disable = Callable[[Suspect], Awaitable[None]]
HasSucceeded = Callable[[Suspect], Awaitable[bool]]


@dataclass(slots=True)
class Disabling:
    """Knows since when destinations fail, across restarts, and has those disabled that do for too long."""

    bus: Bus
    after_s: float
    disable: Disable
    has_succeeded: HasSucceeded
    clock: Clock = field(default_factory=Clock)
    _failing: dict[tuple[str, str], Failing] = field(default_factory=dict[tuple[str, str], Failing])

    def of(self, workspace_id: str, destination_id: str) -> Failing:
        """Give what is known of a destination."""
        return self._failing.setdefault((workspace_id, destination_id), Failing(self.clock))

    async def forget(self, workspace_id: str, destination_id: str) -> None:
        """Forget a destination that is deleted or disabled. Raises the client's errors when the log is away."""
        failing = self._failing.pop((workspace_id, destination_id), None)
        if failing:
            failing.since = None
            await self._store(workspace_id, destination_id, failing)

    async def load(self) -> None:
        """Read what was stored before a restart. Raises the client's errors when the log is away."""
        info = await self.bus.jetstream.stream_info(subjects.FAILING, subjects_filter=">")
        stored_subjects: dict[str, int] = info.state.subjects or {}
        for subject in stored_subjects:
            _, workspace_id, destination_id = subject.split(".")
            try:
                stored = json.loads((await self.bus.jetstream.get_last_msg(subjects.FAILING, subject)).data)
            except NotFoundError:
                continue  # another replica has seen a success meanwhile
            failing = self.of(workspace_id, destination_id)
            failing.since, failing.latest = stored["since"], stored["latest"]
            failing.stored = failing.latest

    async def run(self) -> None:
        """Look after all destinations until cancelled. What is away meanwhile is asked again a minute later."""
        while True:
            await self.clock.wait(asyncio.Event(), _LOOK_S)
            for (workspace_id, destination_id), failing in list(self._failing.items()):
                try:
                    await self._look(workspace_id, destination_id, failing)
                except (PenstockError, nats.errors.Error) as error:
                    _log.warning("destination.not_disabled", destination=destination_id, error=str(error))

    async def _look(self, workspace_id: str, destination_id: str, failing: Failing) -> None:
        await self._store(workspace_id, destination_id, failing)
        if failing.since is None or not self.after_s or failing.for_s < self.after_s:
            return
        suspect = Suspect(workspace_id, destination_id, failing.since, failing.for_s)
        if not await self.has_succeeded(suspect):
            await self._disable(suspect)
        failing.since = None
        await self._store(workspace_id, destination_id, failing)

    async def _disable(self, suspect: Suspect) -> None:
        try:
            await self.disable(suspect)
        except (FailedPrecondition, NotFound) as error:
            _log.info("destination.spared", destination=suspect.destination_id, reason=error.reason)
        else:
            days = round(suspect.for_s / _DAY_S, 1)
            _log.warning("destination.disabled", destination=suspect.destination_id, failing_days=days)

    async def _store(self, workspace_id: str, destination_id: str, failing: Failing) -> None:
        subject = subjects.failing(workspace_id, destination_id)
        if failing.since is None:
            if failing.stored is not None:
                await self.bus.jetstream.purge_stream(subjects.FAILING, subject=subject)
                failing.stored = None
        elif failing.stored is None or failing.latest - failing.stored >= _STORE_S:
            latest = failing.latest
            text = json.dumps({"since": failing.since, "latest": latest})
            await self.bus.publish(Publication(subject, text.encode()))
            failing.stored = latest


def by_registry(channel: grpc.aio.Channel) -> Disable:
    """Disable through registry, which leaves an entry in the audit trail."""
    stub = destination_pb2_grpc.DestinationServiceStub(channel)

    async def disable(suspect: Suspect) -> None:
        since = Timestamp()
        since.FromMilliseconds(int(suspect.since * 1000))
        reason = f"Every delivery has failed for {suspect.for_s / _DAY_S:.1f} days, since {since.ToJsonString()}."
        await stub.DisableDestination(
            destination_pb2.DisableDestinationRequest(
                workspace_id=suspect.workspace_id,
                destination_id=suspect.destination_id,
                failing_since=since,
                reason=reason,
            )
        )

    return disable


def by_counters(database: Database) -> HasSucceeded:
    """Ask the counters, which know what other replicas have delivered."""

    async def has_succeeded(suspect: Suspect) -> bool:
        query = select(Counter.minute).where(
            Counter.workspace_id == suspect.workspace_id,
            Counter.destination_id == suspect.destination_id,
            Counter.status == outcome_pb2.STATUS_SUCCEEDED,
            col(Counter.minute) > int(suspect.since) // _MINUTE_S,
        )
        async with database.read() as session:
            return (await session.scalars(query.limit(1))).first() is not None

    return has_succeeded
