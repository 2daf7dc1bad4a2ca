"""All that a guest gets from outside: time, randomness, answers of the host and of the network.

One protocol, so that a run can be recorded at this place and replayed from a record.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from services.executor.host_functions import call_host_function
from shared.egress import EgressRules

SEED_BYTES = 24
SEEDS_DRAWN = 256


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as the function made it, with its workspace's rules and, where there is one, the trace context."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | None
    redirect: Literal["follow", "manual", "error"] = "follow"
    timeout_s: float = 5.0
    max_answer_bytes: int = 5 * 1024 * 1024
    traceparent: str = ""
    rules: EgressRules | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; `url` is where the answer came from in the end."""

    status: int
    reason: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    redirected: bool = False


class RequestFailedError(Exception):
    """No answer came.

    `type` is node-fetch's: `system`, `request-timeout`, `max-size`, `max-redirect` or `no-redirect`.
    """

    def __init__(self, code: str, message: str, *, type: str = "system") -> None:  # noqa: A002
        super().__init__(message)
        self.code = code
        self.message = message
        self.type = type


class Outside(Protocol):
    """The world of one process's guests."""

    def now_ns(self) -> int:
        """Give the time in nanoseconds since 1970."""
        ...

    def seed(self) -> bytes:
        """Give 24 random bytes for one event."""
        ...

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        """Answer a synchronous host function, with the fuel that it costs. Raises ValueError for what it refuses."""
        ...

    async def fetch(self, request: OutgoingRequest) -> Answer:
        """Send a request, follow redirects as it says. Raises RequestFailedError."""
        ...


def _drawn_seeds() -> Iterator[bytes]:
    """Draw for many events at a time: a call of the kernel takes as long as a tenth of an event's JavaScript."""
    while True:
        drawn = os.urandom(SEEDS_DRAWN * SEED_BYTES)
        for start in range(0, len(drawn), SEED_BYTES):
            yield drawn[start : start + SEED_BYTES]


_seeds = _drawn_seeds()


class Machine:
    """Time, randomness and host functions of this machine: what every `Outside` shares but the network."""

    def now_ns(self) -> int:
        return time.time_ns()

    def seed(self) -> bytes:
        return next(_seeds)

    def call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        return call_host_function(name, arguments)
