"""The token bucket: never more than the rate, never less than it once it is wanted."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from services.delivery.rate_limit import TokenBucket
from tests.unit.delivery.test_circuit import Time


def test_without_a_rate_there_is_no_limit() -> None:
    bucket = TokenBucket(lambda: 0.0, clock=Time())
    for _ in range(3):
        assert bucket.available(10**6) == 10**6
        bucket.take(10**6)
        assert bucket.wait_s == 0


def test_a_slow_rate_lets_one_through_at_a_time() -> None:
    time = Time()
    bucket = TokenBucket(lambda: 0.1, clock=time)
    assert bucket.available(5) == 1
    bucket.take(1)
    assert (bucket.available(5), bucket.wait_s) == (0, 10)
    time.now += 10
    assert bucket.available(5) == 1
    time.now += 1000
    assert bucket.available(5) == 1


def test_a_rate_that_changes_holds_at_once() -> None:
    time, rate = Time(), [100.0]
    bucket = TokenBucket(lambda: rate[0], clock=time)
    assert bucket.available(1000) == 100
    rate[0] = 2.0
    assert bucket.available(1000) == 2
    rate[0] = 0.0
    assert bucket.available(1000) == 1000


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    time = Time()
    bucket = TokenBucket(lambda: 1.0, clock=time)
    bucket.take(1)
    time.now -= 100
    assert (bucket.available(1), bucket.wait_s) == (0, 1)


class Model(RuleBasedStateMachine):
    """Over any span, no more is taken than the rate gives in it and one burst."""

    RATE = 5.0

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.bucket = TokenBucket(lambda: self.RATE, clock=self.time)
        self.taken: list[tuple[float, int]] = []

    @rule(wanted=st.integers(1, 50))
    def take(self, wanted: int) -> None:
        count = self.bucket.available(wanted)
        assert 0 <= count <= wanted
        self.bucket.take(count)
        self.taken.append((self.time.now, count))
        total = 0
        for taken_at, each in reversed(self.taken):
            total += each
            assert total <= self.RATE + (self.time.now - taken_at) * self.RATE + 1e-6

    @rule(seconds=st.floats(0, 5))
    def move(self, seconds: float) -> None:
        self.time.now += seconds

    @rule()
    def wait(self) -> None:
        self.time.now += self.bucket.wait_s
        assert self.bucket.available(1) == 1


TestModel = Model.TestCase
