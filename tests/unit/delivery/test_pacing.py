"""What a lane may pull, by all its limits at once."""

from __future__ import annotations

from services.delivery.circuit import Circuit, CircuitPolicy, State
from services.delivery.pacing import Pace
from services.delivery.rate_limit import TokenBucket
from tests.unit.delivery.test_circuit import Time

POLICY = CircuitPolicy(minimum=2, open_s=(8,))


def pace(time: Time, *, concurrency: int = 10, rate: float = 0.0) -> Pace:
    circuit = Circuit(POLICY, clock=time, uniform=lambda _, high: high)
    return Pace(lambda: concurrency, TokenBucket(lambda: rate, clock=time), circuit)


def test_concurrency_alone() -> None:
    limits = Pace(lambda: 3)
    assert [limits.allowance(held) for held in range(5)] == [3, 2, 1, 0, -1]
    assert (limits.is_stopped, limits.wait_s) == (False, None)


def test_the_rate_bounds_what_concurrency_allows() -> None:
    time = Time()
    limits = pace(time, rate=4)
    assert limits.allowance(0) == 4
    limits.pulled(4)
    assert (limits.allowance(4), limits.wait_s) == (0, 0.25)
    time.now += 0.5
    assert limits.allowance(4) == 2
    assert limits.allowance(9) == 1


def test_an_open_circuit_stops_all_and_a_half_open_one_lets_a_single_one_through() -> None:
    time = Time()
    limits = pace(time)
    assert limits.circuit
    for _ in range(2):
        limits.circuit.failed()
    assert (limits.is_stopped, limits.allowance(0), limits.wait_s) == (True, 0, 8)
    time.now += 8
    assert limits.circuit.state is State.HALF_OPEN
    assert (limits.is_stopped, limits.allowance(0), limits.allowance(1)) == (False, 1, 0)
    assert limits.allowance(7) < 0, "what is still held from before comes first"
    limits.circuit.succeeded()
    assert limits.allowance(1) == 9
