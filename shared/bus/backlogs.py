"""Backlog limits of single sources and destinations, below the one that a stream holds for each of its subjects.

The stream's own limit is exact. A lower one is held before publishing, by a look at what waits that is at most a second
old, and by what this process has published since: other processes can exceed it by what they publish in that second,
this one by what it has on the way while it looks. Near the limit it looks ten times a second at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import nats.errors
import structlog

from shared.bus.connection import Bus

_log = structlog.get_logger()

_LOOK_S = 1.0
_LOOK_AT_LIMIT_S = 0.1
# What is remembered of subjects that nobody publishes to any more.
_SUBJECTS = 10_000


@dataclass(slots=True)
class _Backlog:
    waiting: int
    looked_at: float


class Backlogs:
    """Knows how much waits under subjects of one stream, roughly."""

    def __init__(self, bus: Bus, stream: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._stream = stream
        self._clock = clock
        self._known: dict[str, _Backlog] = {}

    async def admit(self, subject: str, limit: int, wanted: int) -> int:
        """Tell how many of `wanted` more messages may wait under a subject, and count those as published.

        With the log away that is all of them: publishing tells.
        """
        try:
            backlog = await self._current(subject, limit - wanted)
        except nats.errors.Error as error:
            _log.warning("backlog.unknown", subject=subject, error=str(error) or type(error).__name__)
            return wanted
        admitted = max(0, min(wanted, limit - backlog.waiting))
        backlog.waiting += admitted
        return admitted

    async def _current(self, subject: str, enough: int) -> _Backlog:
        known = self._known.get(subject)
        if known:
            old_s = _LOOK_S if known.waiting <= enough else _LOOK_AT_LIMIT_S
            if self._clock() - known.looked_at < old_s:
                return known
        state = (await self._bus.jetstream.stream_info(self._stream, subjects_filter=subject)).state
        if len(self._known) >= _SUBJECTS:
            self._known.clear()
        waiting: dict[str, int] = state.subjects or {}
        found = self._known[subject] = _Backlog(waiting.get(subject, 0), self._clock())
        return found
