"""What destinations are spared: rate limits, circuits and pauses, over a real log and a clock that is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from penstock.delivery.v1 import destination_health_pb2 as health
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.delivery.circuit import State
from services.delivery.workers import Workers
from tests.clock import MovableClock
from tests.executor import Result, returned, threw
from tests.integration.delivery.harness import Harness, track
from tests.polling import until

DESTINATION = outcome_pb2.STAGE_DESTINATION
CIRCUIT: dict[str, Any] = {"share": 0.5, "minimum": 10, "window_s": 10, "open_s": [60, 120]}
RETRIES = {"caps_s": [0.01], "attempts": 100, "period_s": 3600}
Invocation = executor_service_pb2.Invocation


class Outside:
    """A destination that fails until it is mended."""

    def __init__(self, harness: Harness, name: str = "a") -> None:
        self.works = False
        self.retry_after = ""
        self.tries = 0
        harness.executor.scripts[f"ins_{name}"] = self._answer

    def _answer(self, _: Invocation) -> Result:
        self.tries += 1
        return returned() if self.works else threw(result_pb2.ERROR_KIND_RETRY, retry_after=self.retry_after)


@asynccontextmanager
async def working(harness: Harness, clock: MovableClock, **more: Any) -> AsyncGenerator[Workers]:
    options: dict[str, Any] = {"circuit": CIRCUIT, "destination_retry": RETRIES} | more
    async with harness.workers(clock=clock, **options) as workers:
        yield workers


def state(workers: Workers, name: str = "a") -> State | None:
    found = workers.destinations.get(f"dst_{name}")
    return found and found.health.circuit.state


async def asked_for(harness: Harness, name: str = "a") -> int:
    """How many requests stand at the server."""
    return (await harness.bus.jetstream.consumer_info("DELIVERIES", f"dst_{name}")).num_waiting


async def test_a_failing_destination_is_left_alone_and_found_again_by_itself(harness: Harness) -> None:
    clock, outside, events = MovableClock(), Outside(harness), 30
    await harness.destination("a")
    await harness.source(to=["a"])
    async with working(harness, clock) as workers:
        await harness.send([track(number) for number in range(events)])
        await until(lambda: state(workers) is State.OPEN)

        async def withdrawn() -> bool:
            return not await asked_for(harness)

        await until(withdrawn)
        opened_after = outside.tries
        # Nothing is pulled, however long it lasts, and no try is used up.
        await harness.send([track(events)])
        clock.advance(20)
        await until(lambda: _routed(harness, events + 1))
        assert (state(workers), outside.tries) == (State.OPEN, opened_after)

        for openings in (1, 2):
            clock.advance(120)
            await until(lambda: state(workers) is State.OPEN)
            assert outside.tries == opened_after + openings, "one probe each time"
        outside.works = True
        clock.advance(120)
        await harness.drained()
        assert state(workers) is State.CLOSED
    assert (await harness.statuses(DESTINATION))["SUCCEEDED"] == events + 1


async def _routed(harness: Harness, events: int) -> bool:
    return (await harness.statuses(outcome_pb2.STAGE_SOURCE))["SUCCEEDED"] == events


async def test_an_open_circuit_holds_up_nobody_else(harness: Harness) -> None:
    clock, _ = MovableClock(), Outside(harness)
    harness.executor.scripts["ins_b"] = lambda _: returned()
    for name in ("a", "b"):
        await harness.destination(name)
    await harness.source(to=["a", "b"])
    async with working(harness, clock) as workers:
        await harness.send([track(number) for number in range(20)])
        await until(lambda: state(workers) is State.OPEN)
        await harness.send([track(number) for number in range(20, 40)])

        async def delivered() -> bool:
            return (await harness.statuses(DESTINATION))["SUCCEEDED"] == 40

        await until(delivered)
        assert (state(workers), state(workers, "b")) == (State.OPEN, State.CLOSED)


class PassingClock(MovableClock):
    """Moves on by two minutes after it was read so many times."""

    reads_left = 0

    def monotonic(self) -> float:
        now = super().monotonic()
        if self.reads_left:
            self.reads_left -= 1
            self._offset_s += 0 if self.reads_left else 120
        return now


async def test_a_circuit_that_may_be_probed_between_two_looks_at_the_clock_is_probed(harness: Harness) -> None:
    clock, outside = PassingClock(), Outside(harness)
    await harness.destination("a")
    await harness.source(to=["a"])
    async with working(harness, clock) as workers:
        await harness.send([track(number) for number in range(CIRCUIT["minimum"])])
        await until(lambda: state(workers) is State.OPEN)
        for reads in range(1, 25):
            tries = outside.tries
            clock.reads_left = reads
            clock.advance(120)

            def probed(tries: int = tries) -> bool:
                clock.advance(120)
                return outside.tries > tries

            await until(probed)
        outside.works = True
        await until(lambda: clock.advance(120) or state(workers) is State.CLOSED)


async def test_what_comes_too_late_to_be_taken_back_loses_no_try(harness: Harness) -> None:
    """A circuit opens and closes again and again under load: every event arrives, its tries counted from one on."""
    clock, outside = MovableClock(), Outside(harness)
    policy = CIRCUIT | {"minimum": 5, "open_s": [0.05]}
    await harness.destination("a")
    await harness.source(to=["a"])
    async with working(harness, clock, circuit=policy, destinations={"concurrency": 7, "ack_wait_s": 1.0}):
        await harness.send([track(number) for number in range(100)])
        await until(lambda: outside.tries > 40)
        outside.works = True
        await harness.drained()
    numbers: dict[str, list[int]] = {}
    for each in await harness.outcomes():
        if each.stage == DESTINATION:
            numbers.setdefault(each.message_id, []).append(each.attempt)
    assert len(numbers) == 100
    assert all(tries == list(range(1, len(tries) + 1)) for tries in numbers.values())


async def test_a_destination_that_asks_to_wait_is_not_hammered_by_the_others(harness: Harness) -> None:
    clock, outside = MovableClock(), Outside(harness)
    outside.retry_after = "30"
    await harness.destination("a", concurrency=2)
    await harness.source(to=["a"])
    async with working(harness, clock) as workers:
        await harness.send([track(number) for number in range(20)])
        await until(lambda: state(workers) is State.OPEN)
        await until(lambda: _settled(harness, outside.tries))
        assert outside.tries <= 4
        asked, outside.works = outside.tries, True
        clock.advance(29)
        assert state(workers) is State.OPEN
        clock.advance(1)
        # What was not refused itself goes first; the refused ones have a time of their own.
        await until(lambda: outside.tries == 20)
    assert asked == (await harness.statuses(DESTINATION))["RETRYING RETRY"]


async def _settled(harness: Harness, tries: int) -> bool:
    return (await harness.statuses(DESTINATION)).total() == tries


async def test_a_rate_limit_holds_retries_included(harness: Harness) -> None:
    clock, outside = MovableClock(), Outside(harness)
    await harness.destination("a", max_per_second=5)
    await harness.source(to=["a"])
    quiet = CIRCUIT | {"minimum": 1000}
    async with working(harness, clock, circuit=quiet):
        await harness.send([track(number) for number in range(12)])
        started_s = clock.monotonic()
        await until(lambda: outside.tries >= 5)
        outside.works = True
        await harness.drained()
        # Real time runs as well, so only the upper bound can be told: a burst, then five a second.
        assert outside.tries <= 5 + 5 * (clock.monotonic() - started_s) + 1
        assert outside.tries >= 17


async def test_a_rate_limit_lets_nothing_stand_at_the_server_while_it_waits(harness: Harness) -> None:
    clock, outside = MovableClock(), Outside(harness)
    outside.works = True
    await harness.destination("a", max_per_second=0.01)
    await harness.source(to=["a"])
    async with working(harness, clock):
        await harness.send([track(number) for number in range(3)])
        await until(lambda: outside.tries == 1)
        assert await asked_for(harness) == 0
        for expected in (2, 3):
            clock.advance(100)
            await until(lambda expected=expected: outside.tries == expected)


async def test_concurrency_of_one_destination(harness: Harness) -> None:
    clock, outside = MovableClock(), Outside(harness)
    outside.works = True
    await harness.destination("a", concurrency=3)
    await harness.source(to=["a"])
    harness.executor.gate.clear()
    async with working(harness, clock):
        await harness.send([track(number) for number in range(10)])
        await until(lambda: _routed(harness, 10))

        async def held() -> int:
            return (await harness.bus.jetstream.consumer_info("DELIVERIES", "dst_a")).num_ack_pending

        await until(held)
        assert await held() <= 3
        harness.executor.gate.set()
        await harness.drained()


async def test_a_stop_does_not_wait_for_an_open_circuit(harness: Harness) -> None:
    clock, _ = MovableClock(), Outside(harness)
    await harness.destination("a")
    await harness.source(to=["a"])
    async with asyncio.timeout(20):
        async with working(harness, clock, drain_s=1000) as workers:
            await harness.send([track(number) for number in range(20)])
            await until(lambda: state(workers) is State.OPEN)


def test_states_of_the_contract_are_those_of_the_circuit() -> None:
    names = {name.removeprefix("CIRCUIT_STATE_") for name in health.CircuitState.keys()}  # noqa: SIM118 not a dict
    assert names == {"UNSPECIFIED", *(each.name for each in State)}
