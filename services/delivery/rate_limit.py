"""The rate limit of a destination: a token bucket that pulling takes from."""

from __future__ import annotations

import time
from collections.abc import Callable

_ROUNDING = 1e-9


class TokenBucket:
    """`per_second` tokens a second, at most those of one second at once, and always room for one.

    The rate is asked for each time, since it may change; 0 is no limit. Pure but for its `clock`, in seconds.
    """

    def __init__(self, per_second: Callable[[], float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._tokens = _most(per_second())
        self._filled_at = clock()

    def available(self, wanted: int) -> int:
        """How many of `wanted` tokens there are."""
        rate = self._per_second()
        if not rate:
            return wanted
        self._fill(rate)
        return min(wanted, int(self._tokens + _ROUNDING))

    def take(self, count: int) -> None:
        """Take tokens that were available."""
        if self._per_second():
            self._tokens -= count

    @property
    def wait_s(self) -> float:
        """Seconds until there is a token."""
        rate = self._per_second()
        if not rate:
            return 0.0
        self._fill(rate)
        return max(0.0, (1 - self._tokens) / rate)

    def _fill(self, rate: float) -> None:
        now = self._clock()
        self._tokens = min(_most(rate), self._tokens + max(0.0, now - self._filled_at) * rate)
        self._filled_at = now


def _most(rate: float) -> float:
    return max(1.0, rate)
