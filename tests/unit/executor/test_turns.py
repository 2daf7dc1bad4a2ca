"""Turns of guests, with a clock that the guests themselves move: nothing here depends on the machine."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.executor.fair_queue import FairQueue, Shares
from services.executor.turns import BUDGET_S, Turns

SLICE_S = 0.0002


class World:
    """A clock, what each workspace computed, and in which order."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.order: list[str] = []
        self.spent_s: dict[str, float] = defaultdict(float)
        self.turns = Turns(spend=self._spend, clock=self._clock)

    def _clock(self) -> float:
        self.now_s += 1e-6
        return self.now_s

    def _spend(self, workspace: str, seconds: float) -> None:
        self.spent_s[workspace] += seconds

    def guest(self, name: str, slices: int) -> Callable[[], bool]:
        """Make an entry of so many slices."""
        left = slices

        def step() -> bool:
            nonlocal left
            self.now_s += SLICE_S
            self.order.append(name)
            left -= 1
            return left <= 0

        return step

    async def run(self, workspace: str, slices: int) -> float:
        return await self.turns.run(workspace, self.guest(workspace, slices))


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real time is not the world's."""
    monkeypatch.setattr("services.executor.turns.PAUSE_S", 0)


async def test_a_short_entry_runs_at_once() -> None:
    world = World()
    entry = world.turns.run("a", world.guest("a", 3))
    with pytest.raises(StopIteration) as done:
        entry.send(None)
    assert done.value.value == 0.0


async def test_workspaces_share_evenly_however_many_entries_each_has() -> None:
    world = World()
    await asyncio.gather(*(world.run("many", 100) for _ in range(5)), world.run("one", 100))
    until_done = world.order[: len(world.order) - world.order[::-1].index("one")]
    # Each entry is a short one at first, and goes before the long one.
    assert until_done.count("many") <= 100 + 5 * BUDGET_S / SLICE_S


async def test_a_short_entry_waits_for_a_slice_of_endless_ones_at_most() -> None:
    world = World()
    loops = [asyncio.create_task(world.run(f"loop {number}", 10_000)) for number in range(8)]
    while min(world.spent_s.values(), default=0) < 2 * BUDGET_S:  # noqa: ASYNC110 nothing is waited for
        await asyncio.sleep(0)
    for _ in range(20):
        before = len(world.order)
        await world.run("good", 1)
        assert len(world.order) - before <= 2
        await asyncio.sleep(0)
    for loop in loops:
        loop.cancel()


async def test_endless_ones_share_what_is_left_and_get_a_quarter_of_a_full_core() -> None:
    world = World()
    loops = [asyncio.create_task(world.run(f"loop {number}", 100_000)) for number in range(4)]
    for _ in range(3000):
        await world.run("good", 1)
        await asyncio.sleep(0)
    looped = {name: seconds for name, seconds in world.spent_s.items() if name != "good"}
    assert 0.2 <= sum(looped.values()) / sum(world.spent_s.values()) <= 0.5
    assert max(looped.values()) - min(looped.values()) <= 2 * BUDGET_S + 2 * SLICE_S
    for loop in loops:
        loop.cancel()


async def test_a_fault_is_told_to_its_caller_and_to_nobody_else() -> None:
    world = World()

    def failing() -> bool:
        if len(world.order) > 30:
            raise ZeroDivisionError
        return world.guest("bad", 2)()

    bad, good = await asyncio.gather(world.turns.run("bad", failing), world.run("good", 100), return_exceptions=True)
    assert isinstance(bad, ZeroDivisionError)
    assert isinstance(good, float)


async def test_a_cancelled_entry_computes_no_more() -> None:
    world = World()
    loop = asyncio.create_task(world.run("gone", 10_000))
    await asyncio.sleep(0)
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    world.order.clear()
    await world.run("good", 50)
    assert set(world.order) == {"good"}


async def test_waiting_is_told_computing_is_not() -> None:
    world = World()
    waited_s = await asyncio.gather(world.run("a", 50), world.run("b", 50))
    assert sum(waited_s) > 0
    assert max(waited_s) <= world.now_s - 50 * SLICE_S


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 60)), max_size=20))
def test_every_entry_gets_all_of_its_slices(entries: list[tuple[str, int]]) -> None:
    world = World()

    async def all_of_them() -> None:
        await asyncio.gather(*(world.run(workspace, slices) for workspace, slices in entries))

    asyncio.run(all_of_them())
    wanted = Counter[str]()
    for workspace, slices in entries:
        wanted[workspace] += slices
    assert Counter(world.order) == wanted


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.1, 5)), max_size=60))
def test_a_queue_keeps_the_order_of_each_workspace_and_serves_who_had_least(items: list[tuple[str, float]]) -> None:
    shares = Shares()
    queue = FairQueue[tuple[str, int, float]](shares)
    for number, (workspace, cost) in enumerate(items):
        queue.push(workspace, (workspace, number, cost))
    left = Counter(workspace for workspace, _cost in items)
    served: list[tuple[str, int]] = []
    while queue:
        least = min(shares.of(workspace) for workspace in left if left[workspace])
        workspace, number, cost = queue.pop()
        assert shares.of(workspace) == pytest.approx(least)
        shares.add(workspace, cost)
        left[workspace] -= 1
        served.append((workspace, number))
    for workspace in "abcd":
        own = [number for name, number in served if name == workspace]
        assert own == sorted(own)
    assert len(served) == len(items)
