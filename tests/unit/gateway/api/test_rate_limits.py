"""Buckets of points: taken, refilled, told, and bounded in number."""

from __future__ import annotations

import pytest

from services.gateway.api.errors import ApiError
from services.gateway.api.rate_limits import Buckets, RateLimits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_points_come_back_evenly(clock: Clock) -> None:
    buckets = Buckets(points=10, window_s=10, now=clock)
    assert [buckets.take("a").remaining for _ in range(10)] == list(range(9, -1, -1))
    empty = buckets.take("a")
    assert (empty.wait_s, empty.remaining, empty.consumed) == (1, 0, 10)
    clock.now += 3
    assert buckets.take("a", 3).wait_s == 0
    assert buckets.take("a").wait_s > 0


def test_a_refusal_takes_nothing(clock: Clock) -> None:
    buckets = Buckets(points=2, window_s=2, now=clock)
    buckets.take("a", 2)
    for _ in range(5):
        buckets.take("a")
    clock.now += 1
    assert buckets.take("a").wait_s == 0


def test_buckets_are_apart_and_bounded(clock: Clock) -> None:
    buckets = Buckets(points=1, window_s=60, kept=2, now=clock)
    for key in "abc":
        assert buckets.take(key).wait_s == 0
    assert len(buckets._missing) == 2
    assert buckets.take("c").wait_s > 0


def test_a_refusal_tells_when_to_come_back(clock: Clock) -> None:
    limits = RateLimits(token_points=2, address_points=100, window_s=3, now=clock)
    headers = limits.take_for_token("tok_1", 1)
    assert (headers["x-ratelimit-consumed"], headers["x-ratelimit-remaining"]) == ("1", "1")
    assert headers["x-ratelimit-reset"].endswith(" GMT")
    limits.take_for_token("tok_1", 1)
    with pytest.raises(ApiError) as refused:
        limits.take_for_token("tok_1", 1)
    assert refused.value.status == 429
    assert refused.value.headers["retry-after"] == "2"
    assert refused.value.as_json() == {
        "errors": [
            {
                "type": "RequestError",
                "message": "Too many requests",
                "data": {"remainingPoints": 0, "msBeforeNext": 1500, "consumedPoints": 2},
            }
        ]
    }
    limits.take_for_token("tok_2", 1)


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "", True),
    ],
)
def test_an_address_is_what_one_client_has(clock: Clock, first: str, second: str, is_one: bool) -> None:
    limits = RateLimits(token_points=1, address_points=1, window_s=60, now=clock)
    limits.take_for_address(first)
    if not is_one:
        limits.take_for_address(second)
        return
    with pytest.raises(ApiError):
        limits.take_for_address(second)


def test_guessing_tokens_costs_more(clock: Clock) -> None:
    limits = RateLimits(token_points=1, address_points=25, window_s=60, now=clock)
    limits.count_wrong_token("192.0.2.1")
    limits.count_wrong_token("192.0.2.1")
    limits.count_wrong_token("192.0.2.1")
    with pytest.raises(ApiError):
        limits.take_for_address("192.0.2.1")
