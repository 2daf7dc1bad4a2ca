"""How often the API may be called: a token bucket for each API token, and one for each address."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate

from services.gateway.api.errors import ApiError, Fault

# Buckets of one kind that are kept: those used last. Whoever comes from more addresses at a time gets more.
_KEPT = 10_000
_PREFIX_OF_A_HOME = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a bucket; `wait_s` is 0 when the points were taken."""

    consumed: int
    remaining: int
    full_in_s: float
    wait_s: float

    @property
    def headers(self) -> Mapping[str, str]:
        """Tell it to the client as Segment does."""
        reset = formatdate(time.time() + self.full_in_s, usegmt=True)
        names = ("x-ratelimit-consumed", "x-ratelimit-remaining", "x-ratelimit-reset")
        return dict(zip(names, (str(self.consumed), str(self.remaining), reset), strict=True))

    def require(self) -> None:
        """Raise ApiError (429) when the points were not there."""
        if not self.wait_s:
            return
        data = {
            "remainingPoints": self.remaining,
            "msBeforeNext": math.ceil(self.wait_s * 1000),
            "consumedPoints": self.consumed,
        }
        headers = {**self.headers, "retry-after": str(math.ceil(self.wait_s))}
        raise ApiError(429, Fault("RequestError", "Too many requests", data=data), headers=headers)


class Buckets:
    """Buckets of `points` that fill again evenly, in `window_s` from empty to full."""

    def __init__(
        self, *, points: int, window_s: float, kept: int = _KEPT, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._points = points
        self._per_s = points / window_s
        self._kept = kept
        self._now = now
        # What is missing in a bucket, and when that was so; buckets that are not here are full.
        self._missing: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, points: int = 1, *, always: bool = False) -> Standing:
        """Take points of the bucket if it has them; `always` empties it otherwise."""
        missing = self._missing_of(key)
        wanted = missing + points
        wait_s = max(0.0, (wanted - self._points) / self._per_s)
        if not wait_s or always:
            missing = min(wanted, float(self._points))
            self._keep(key, missing)
        return Standing(
            consumed=math.ceil(missing),
            remaining=math.floor(self._points - missing),
            full_in_s=missing / self._per_s,
            wait_s=wait_s,
        )

    def _missing_of(self, key: str) -> float:
        missing, then = self._missing.get(key, (0.0, 0.0))
        return max(0.0, missing - (self._now() - then) * self._per_s)

    def _keep(self, key: str, missing: float) -> None:
        self._missing[key] = missing, self._now()
        self._missing.move_to_end(key)
        if len(self._missing) > self._kept:
            self._missing.popitem(last=False)


class RateLimits:
    """The limits of all calls. Wrong tokens count against their address alone, and cost it more."""

    # So that tokens are not guessed at the rate of calls.
    WRONG_TOKEN_POINTS = 10

    def __init__(
        self, *, token_points: int, address_points: int, window_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._tokens = Buckets(points=token_points, window_s=window_s, now=now)
        self._addresses = Buckets(points=address_points, window_s=window_s, now=now)

    def take_for_address(self, address: str) -> None:
        """Count a request. Raises ApiError (429)."""
        self._addresses.take(_network(address)).require()

    def count_wrong_token(self, address: str) -> None:
        """Count a guess."""
        self._addresses.take(_network(address), self.WRONG_TOKEN_POINTS, always=True)

    def take_for_token(self, token_id: str, cost: int) -> Mapping[str, str]:
        """Count a call, and give the headers that tell how many are left. Raises ApiError (429)."""
        standing = self._tokens.take(token_id, cost)
        standing.require()
        return standing.headers


def _network(address: str) -> str:
    """Give what one client has: an address, of IPv6 the network that a home or a machine is given."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network((address.partition("%")[0], _PREFIX_OF_A_HOME), strict=False))
