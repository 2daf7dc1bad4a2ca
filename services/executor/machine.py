"""Time, randomness, host functions and timers of this machine: what every `Outside` shares but the network."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from services.executor.host_functions import call_host_function
from services.executor.outside import SEED_BYTES
from services.executor.requests import RequestLog
from services.executor.waiting import Waiting

SEEDS_DRAWN = 256


def _drawn_seeds() -> Iterator[bytes]:
    """Draw for many events at a time: a call of the kernel takes as long as a tenth of an event's JavaScript."""
    while True:
        drawn = os.urandom(SEEDS_DRAWN * SEED_BYTES)
        for start in range(0, len(drawn), SEED_BYTES):
            yield drawn[start : start + SEED_BYTES]


_seeds = _drawn_seeds()


class Machine:
    """All of an `Outside` but `fetch`."""

    def now_ns(self) -> int:
        return time.time_ns()

    def seed(self) -> bytes:
        return next(_seeds)

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        return call_host_function(name, arguments)

    def waiting(self, requests: RequestLog) -> Waiting:
        return Waiting(requests, now_ns=self.now_ns)
