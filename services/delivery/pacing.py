"""How much a lane may pull: concurrency, rate limit and circuit breaker act here, before anything is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.delivery.circuit import Circuit, State
from services.delivery.rate_limit import TokenBucket


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of one lane; sources have only the first. `on_pulled` is told that there was something to pull."""

    concurrency: Callable[[], int]
    bucket: TokenBucket | None = None
    circuit: Circuit | None = None
    on_pulled: Callable[[], None] = lambda: None

    @property
    def is_stopped(self) -> bool:
        """Whether nothing may be asked for, and what was asked for is to be taken back."""
        return self.circuit is not None and self.circuit.state is State.OPEN

    def allowance(self, held: int) -> int:
        """How many may be pulled while `held` are held; not above 0 for none."""
        room = self.concurrency() - held
        if self.circuit and self.circuit.state is not State.CLOSED:
            room = 0 if self.is_stopped else min(room, 1 - held)
        return self.bucket.available(room) if self.bucket and room > 0 else room

    def pulled(self, count: int) -> None:
        """Count what was pulled."""
        if count:
            self.on_pulled()
        if self.bucket:
            self.bucket.take(count)

    @property
    def wait_s(self) -> float | None:
        """Seconds after which the allowance grows by itself; None when only what is held keeps it down."""
        waits_s = [limit.wait_s for limit in (self.bucket, self.circuit) if limit and limit.wait_s > 0]
        return max(waits_s, default=None)
