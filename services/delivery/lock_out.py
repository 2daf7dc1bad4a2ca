"""Stopping the functions of workspaces that have used up their execution time of the month.

The projector's side knows the sums and tells them through the stream EXECUTION; every replica watches it and compares
with the allotment of now. So no event asks a database, a raised allotment and a new month count at once, and what is
not known stops nothing: without the log's word functions run.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import nats.errors
import structlog
from nats.js import api

from services.delivery.allotments import Allotments
from services.delivery.clock import Clock
from shared.bus import Bus, Held, Publication, Puller, subjects
from shared.bus.usage import month_of
from shared.errors import PenstockError

_log = structlog.get_logger()

_BATCH = 500
_INACTIVE_S = 60.0
_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class Used:
    """Execution time of a month, `yyyy-mm`, in microseconds."""

    month: str
    time_us: int


def telling(workspace_id: str, used: Used) -> Publication:
    """Make the message that tells all replicas."""
    payload = json.dumps({"month": used.month, "time_us": used.time_us}).encode()
    return Publication(subjects.execution(workspace_id), payload)


@dataclass(slots=True)
class LockOut:
    """Which workspaces' functions do not run now."""

    allotments: Allotments
    clock: Clock
    _used: dict[str, Used] = field(default_factory=dict[str, Used])

    def holds(self, workspace_id: str) -> bool:
        """Tell whether a workspace is locked out."""
        used = self._used.get(workspace_id)
        if used is None:
            return False
        allotment = self.allotments.of(workspace_id)
        if allotment is None or not allotment.lock_out or used.time_us < allotment.time_us:
            return False
        return used.month == month_of(self.clock.time())

    def learn(self, workspace_id: str, used: Used) -> None:
        """Take note of a sum. Within a month it only grows, whoever told it last."""
        known = self._used.get(workspace_id)
        if known is None or (known.month, known.time_us) < (used.month, used.time_us):
            self._used[workspace_id] = used

    async def run(self, bus: Bus) -> None:
        """Learn what replicas tell until cancelled."""
        while True:
            try:
                await self._follow(bus)
            except (PenstockError, TimeoutError, nats.errors.Error) as error:
                _log.info("lock_out.watch_restarted", reason=str(error) or type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _follow(self, bus: Bus) -> None:
        consumer = api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
            ack_policy=api.AckPolicy.NONE,
            filter_subject=subjects.execution("*"),
            inactive_threshold=_INACTIVE_S,
            mem_storage=True,
            num_replicas=1,
        )
        info = await bus.jetstream.add_consumer(subjects.EXECUTION, consumer)
        puller = Puller(bus, stream=subjects.EXECUTION, consumer=str(info.name))
        async with puller.open():
            while True:
                for held in await puller.fetch(_BATCH):
                    self._take(held)

    def _take(self, held: Held) -> None:
        try:
            told = json.loads(held.data)
            self.learn(held.subject.rpartition(".")[2], Used(str(told["month"]), int(told["time_us"])))
        except (ValueError, KeyError, TypeError):
            _log.error("execution.unreadable", subject=held.subject, sequence=held.sequence)
