"""The circuit breaker, by its states and whatever comes in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import ValidationError

from services.delivery.circuit import Circuit, CircuitPolicy, State

POLICY = CircuitPolicy(share=0.5, minimum=10, window_s=10, open_s=(1, 2, 4))


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def circuit(time: Time, policy: CircuitPolicy = POLICY) -> Circuit:
    return Circuit(policy, clock=time, uniform=lambda _, high: high)


def opened(time: Time) -> Circuit:
    made = circuit(time)
    for _ in range(POLICY.minimum):
        made.failed()
    return made


def test_it_opens_at_the_share_but_not_below_the_minimum() -> None:
    made = circuit(Time())
    for _ in range(POLICY.minimum - 1):
        made.failed()
    assert made.state is State.CLOSED
    made.failed()
    assert made.state is State.OPEN


def test_it_stays_closed_below_the_share() -> None:
    made = circuit(Time())
    for _ in range(1000):
        made.succeeded()
        made.succeeded()
        made.failed()
    assert made.state is State.CLOSED


def test_failures_outside_of_the_window_are_forgotten() -> None:
    time = Time()
    made = circuit(time)
    for _ in range(10 * POLICY.minimum):
        made.failed()
        time.now += POLICY.window_s / (POLICY.minimum - 2)
    assert made.state is State.CLOSED


def test_each_opening_in_a_row_lasts_longer_up_to_the_last_and_a_success_ends_it() -> None:
    time = Time()
    made = opened(time)
    lasted: list[float] = []
    for _ in range(5):
        lasted.append(made.wait_s)
        time.now += made.wait_s
        assert made.state is State.HALF_OPEN
        made.failed()
    assert lasted == [1, 2, 4, 4, 4]
    time.now += made.wait_s
    made.succeeded()
    assert (made.state, made.wait_s) == (State.CLOSED, 0)
    # What failed before it opened is forgotten, and the next opening is a first one.
    made.failed()
    assert made.state is State.CLOSED
    for _ in range(POLICY.minimum):
        made.failed()
    assert made.wait_s == 1


def test_tries_that_were_begun_before_decide_nothing_while_it_is_open() -> None:
    time = Time()
    made = opened(time)
    made.succeeded()
    made.failed()
    assert (made.state, made.wait_s) == (State.OPEN, 1)


def test_a_destination_may_ask_for_a_pause_that_is_bounded_and_counts_as_no_opening() -> None:
    time = Time()
    made = circuit(time)
    made.hold(0)
    assert made.state is State.CLOSED
    made.hold(3)
    made.hold(2)
    assert (made.state, made.wait_s) == (State.OPEN, 3)
    made.hold(10**9)
    assert made.wait_s == 4
    time.now += 4
    made.failed()
    assert made.wait_s == 1


def test_replicas_do_not_probe_together() -> None:
    waits: set[float] = set()
    for _ in range(20):
        made = Circuit(POLICY, clock=Time())
        for _ in range(POLICY.minimum):
            made.failed()
        waits.add(made.wait_s)
        assert 0.5 <= made.wait_s <= 1
    assert len(waits) > 1


@pytest.mark.parametrize("wrong", [{"share": 0}, {"share": 1.1}, {"minimum": 0}, {"window_s": 0}, {"open_s": ()}])
def test_policies_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CircuitPolicy.model_validate(wrong)


class Model(RuleBasedStateMachine):
    """Compared with a list of everything that was told."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.circuit = circuit(self.time)
        self.told: list[tuple[float, bool]] = []
        self.waited_from = self.circuit.wait_s

    @rule(seconds=st.floats(0, 30))
    def move(self, seconds: float) -> None:
        before = self.circuit.state
        self.time.now += seconds
        if before is not State.OPEN:
            assert self.circuit.state is before

    @precondition(lambda self: self.circuit.state is State.CLOSED)
    @rule(failed=st.booleans(), count=st.integers(1, 20))
    def tries(self, failed: bool, count: int) -> None:
        for _ in range(count):
            self._tell(failed)
            if self.circuit.state is not State.CLOSED:
                self._check_opening()
                return

    @precondition(lambda self: self.circuit.state is State.HALF_OPEN)
    @rule(failed=st.booleans())
    def probe(self, failed: bool) -> None:
        self.told.clear()
        if failed:
            self.circuit.failed()
            assert self.circuit.state is State.OPEN
        else:
            self.circuit.succeeded()
            assert self.circuit.state is State.CLOSED

    @precondition(lambda self: self.circuit.state is State.OPEN)
    @rule(failed=st.booleans())
    def late(self, failed: bool) -> None:
        wait_s = self.circuit.wait_s
        (self.circuit.failed if failed else self.circuit.succeeded)()
        assert (self.circuit.state, self.circuit.wait_s) == (State.OPEN, wait_s)

    @invariant()
    def waits_for_a_bounded_time(self) -> None:
        assert 0 <= self.circuit.wait_s <= max(POLICY.open_s)
        assert (self.circuit.wait_s > 0) == (self.circuit.state is State.OPEN)

    def _tell(self, failed: bool) -> None:
        self.told.append((self.time.now, failed))
        (self.circuit.failed if failed else self.circuit.succeeded)()

    def _check_opening(self) -> None:
        recent = [failed for told_at, failed in self.told if told_at >= self.time.now - POLICY.window_s]
        assert self.told[-1][1]
        assert len(recent) >= POLICY.minimum
        self.told.clear()


TestModel = Model.TestCase
