"""What waits in the log, looked up every few seconds: one request for each stream, and one for each long backlog.

The server counts the messages of each subject; asking a thousand consumers one by one would cost a thousand requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, asynccontextmanager

import nats.errors
import structlog

from services.delivery.metrics import AGE, BACKLOG
from shared.bus import Bus
from shared.bus.subjects import DELIVERIES, INBOX
from shared.telemetry.metrics import REGISTRY, Labels

_log = structlog.get_logger()

_LOOK_S = 15.0
_AGES = 200
_AT_ONCE = 20


class Backlogs:
    """Keeps the latest look at INBOX and DELIVERIES."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: dict[Labels, float] = {}
        self._oldest_s: dict[Labels, float] = {}

    @asynccontextmanager
    async def observed(self) -> AsyncGenerator[None]:
        """Look, and have the gauges tell of it, while the block runs."""
        with ExitStack() as gauges:
            gauges.enter_context(BACKLOG.observing(lambda: self._waiting))
            gauges.enter_context(AGE.observing(self._ages))
            async with asyncio.TaskGroup() as tasks:
                looking = tasks.create_task(self._keep_looking())
                yield
                looking.cancel()

    async def look(self) -> None:
        """Look once. Raises nats.errors.Error."""
        waiting: dict[Labels, float] = {}
        oldest: dict[Labels, float] = {}
        for stream, prefix in ((INBOX, "inbox"), (DELIVERIES, "deliveries")):
            subjects = await self._subjects(stream, prefix)
            for subject, messages in subjects.items():
                labels = _labels(stream, subject)
                waiting[labels] = waiting.get(labels, 0) + messages
            longest = sorted(subjects, key=subjects.__getitem__, reverse=True)[:_AGES]
            for subject, stored_s in (await self._stored(stream, longest)).items():
                labels = _labels(stream, subject)
                oldest[labels] = min(stored_s, oldest.get(labels, stored_s))
        self._waiting, self._oldest_s = waiting, oldest

    def _ages(self) -> Mapping[Labels, float]:
        now_s = time.time()
        return {labels: max(0.0, now_s - stored_s) for labels, stored_s in self._oldest_s.items()}

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.look()
            except nats.errors.Error as error:
                _log.info("backlogs.unknown", reason=str(error) or type(error).__name__)
                self._waiting, self._oldest_s = {}, {}
            await asyncio.sleep(_LOOK_S)

    async def _subjects(self, stream: str, prefix: str) -> Mapping[str, int]:
        info = await self._bus.jetstream.stream_info(stream, subjects_filter=f"{prefix}.>")
        return info.state.subjects or {}

    async def _stored(self, stream: str, subjects: list[str]) -> Mapping[str, float]:
        """Give when the oldest message of each subject was stored, in Unix seconds."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def stored(subject: str) -> float | None:
            async with places:
                try:
                    message = await self._bus.jetstream.get_msg(stream, 1, subject=subject, next=True)
                except nats.errors.Error:
                    return None  # it has gone meanwhile
            return message.time.timestamp() if message.time else None

        found = await asyncio.gather(*map(stored, subjects))
        return {subject: time_s for subject, time_s in zip(subjects, found, strict=True) if time_s is not None}


def _labels(stream: str, subject: str) -> Labels:
    name = REGISTRY.tenant(subject.rpartition(".")[2])
    return (name, "") if stream == INBOX else ("", name)
