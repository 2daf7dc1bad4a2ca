"""The circuit breaker of a destination: it stops pulling when too much fails, and finds out by itself when to go on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from enum import Enum

from pydantic import BaseModel, Field

_SLICES = 10


class CircuitPolicy(BaseModel, frozen=True):
    """When a destination's circuit opens, and for how long."""

    share: float = Field(
        default=0.5, gt=0, le=1, description="Share of failed tries in the window from which on it opens."
    )
    minimum: int = Field(default=20, ge=1, description="Tries in the window below which it never opens.")
    window_s: float = Field(default=10.0, gt=0, description="Seconds that the share is taken over.")
    open_s: tuple[float, ...] = Field(
        default=(1, 2, 4, 8, 16, 32, 60),
        min_length=1,
        description="Longest time without pulling, in seconds, after the first, second, … opening in a row; the last "
        "one goes on. Half of it at least.",
    )


class State(Enum):
    """Whether deliveries are pulled."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Circuit:
    """Closed, it counts; open, it lets nothing through; half-open, one delivery at a time, whose try decides.

    Pure but for its `clock`, in seconds, which may be any that does not jump.
    """

    def __init__(
        self,
        policy: CircuitPolicy,
        *,
        clock: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._uniform = uniform
        self._window = _Window(policy.window_s, clock)
        self._openings = 0
        # None while closed.
        self._open_until: float | None = None

    @property
    def state(self) -> State:
        """Where it stands now."""
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._clock() < self._open_until else State.HALF_OPEN

    @property
    def wait_s(self) -> float:
        """Seconds until it is half-open; 0 when it is not open."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def succeeded(self) -> None:
        """Count a try that did not fail. The first one after an opening closes it."""
        match self.state:
            case State.CLOSED:
                self._window.add(failed=False)
            case State.HALF_OPEN:
                self._open_until, self._openings = None, 0
                self._window.clear()
            case State.OPEN:
                pass  # begun before it opened

    def failed(self) -> None:
        """Count a failed try."""
        match self.state:
            case State.CLOSED:
                self._window.add(failed=True)
                tries, failures = self._window.sums()
                if tries >= self._policy.minimum and failures >= self._policy.share * tries:
                    self._open()
            case State.HALF_OPEN:
                self._open()
            case State.OPEN:
                pass  # begun before it opened

    def hold(self, seconds: float) -> None:
        """Open for that long because the destination asked for it; no longer than the longest time of the policy."""
        if seconds <= 0:
            return
        until = self._clock() + min(seconds, max(self._policy.open_s))
        self._open_until = max(until, self._open_until or until)

    def _open(self) -> None:
        longest = self._policy.open_s[min(self._openings, len(self._policy.open_s) - 1)]
        self._openings += 1
        # What replicas opened together they must not probe together.
        self._open_until = self._clock() + self._uniform(longest / 2, longest)


class _Window:
    """Counts of the last seconds, in slices that are forgotten one by one."""

    def __init__(self, window_s: float, clock: Callable[[], float]) -> None:
        self._slice_s = window_s / _SLICES
        self._clock = clock
        self._counts: dict[int, list[int]] = {}

    def add(self, *, failed: bool) -> None:
        current = self._current()
        if current not in self._counts:
            self._forget(current - _SLICES)
            self._counts[current] = [0, 0]
        counts = self._counts[current]
        counts[0] += 1
        counts[1] += failed

    def sums(self) -> tuple[int, int]:
        """Give tries and failures."""
        self._forget(self._current() - _SLICES)
        return sum(counts[0] for counts in self._counts.values()), sum(counts[1] for counts in self._counts.values())

    def clear(self) -> None:
        self._counts.clear()

    def _current(self) -> int:
        return int(self._clock() // self._slice_s)

    def _forget(self, upto: int) -> None:
        self._counts = {number: counts for number, counts in self._counts.items() if number > upto}
