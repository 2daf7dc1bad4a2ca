"""Which traces are kept: all up to a rate, above it only what failed, was tried again or was slow.

The decision is made where a trace begins and travels in its flags. A hop that must be kept although its trace is not
raises the flag for what follows from it, so that the tries after a failure are complete.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class TraceRate:
    """A token bucket of new traces: `traces_per_second` on average, as many at once."""

    traces_per_second: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.traces_per_second
        self._filled_at = self.clock()

    def allows(self) -> bool:
        """Tell whether one more trace is within the rate, and count it."""
        now = self.clock()
        earned = (now - self._filled_at) * self.traces_per_second
        self._tokens = min(self.traces_per_second, self._tokens + earned)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
