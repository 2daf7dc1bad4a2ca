"""All that a guest gets from outside: time, randomness, answers of the host and of the network.

One protocol, so that a run can be recorded at this place and replayed from a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from shared.egress import EgressRules

if TYPE_CHECKING:
    from services.executor.requests import RequestLog
    from services.executor.waiting import Waiting

SEED_BYTES = 24


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as the function made it, with its workspace's rules and, where there is one, the trace context."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | None
    redirect: Literal["follow", "manual", "error"] = "follow"
    # Whether a compressed answer is given plain; without it nothing asks the server to compress.
    inflate: bool = True
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

    def waiting(self, requests: RequestLog) -> Waiting:
        """Give what holds a run's open requests and timers, and tells in which order they come back."""
        ...
