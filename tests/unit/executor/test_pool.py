from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.executor.admission import TooLongError
from services.executor.pool import SandboxPool


@dataclass(eq=False)
class Box:
    """Stands in for a sandbox: only its life matters here."""

    key: str
    reusable: bool = True
    running: bool = False
    restarts: int = 0
    ended: bool = False
    memory_bytes: int = 1

    def restart(self) -> bool:
        self.restarts += 1
        return True

    def end(self) -> None:
        assert not self.ended
        self.ended = True


async def sandbox(key: str) -> Any:
    return Box(key)


async def lent(box: Any) -> Any:
    return box


async def test_a_key_gets_its_sandbox_back() -> None:
    pool = SandboxPool()
    async with pool.lend("a", lambda: sandbox("a")) as first:
        pass
    async with pool.lend("a", lambda: sandbox("a")) as again:
        assert again is first
    async with pool.lend("b", lambda: sandbox("b")) as other:
        assert other is not first


async def test_a_suspended_sandbox_is_not_lent_twice() -> None:
    pool = SandboxPool()
    async with pool.lend("a", lambda: sandbox("a")) as first, pool.lend("a", lambda: sandbox("a")) as second:
        assert first is not second


async def test_what_may_not_run_again_is_ended() -> None:
    pool = SandboxPool()
    async with pool.lend("a", lambda: sandbox("a"), once=True) as once:
        pass
    async with pool.lend("a", lambda: sandbox("a")) as spent:
        spent.reusable = False
    interrupted = await sandbox("a")
    with pytest.raises(asyncio.CancelledError):
        async with pool.lend("a", lambda: lent(interrupted)):
            raise asyncio.CancelledError
    assert (once.ended, spent.ended, interrupted.ended) == (True, True, True)


async def test_a_fresh_one_is_restarted_before_it_is_lent_again() -> None:
    pool = SandboxPool()
    for restarts in range(3):
        async with pool.lend("a", lambda: sandbox("a"), fresh=True) as box:
            assert cast("Any", box).restarts == restarts


async def test_what_is_kept_warm_fits_into_memory() -> None:
    pool = SandboxPool(idle_bytes=10)
    lent: list[Any] = []
    for key in "abcd":
        async with pool.lend(key, lambda: sandbox("a")) as each:
            each.memory_bytes = 4
            lent.append(each)
    assert [each.ended for each in lent] == [True, True, False, False]
    async with pool.lend("d", lambda: sandbox("d")) as each:
        each.memory_bytes = 11
    assert [each.ended for each in lent] == [True, True, True, True]
    async with pool.lend("a", lambda: sandbox("a")) as each:
        pass
    assert not each.ended


async def test_too_many_wait_their_turn_and_not_for_ever() -> None:
    pool = SandboxPool(per_key=1, wait_s=0.01)
    async with pool.lend("a", lambda: sandbox("a")):
        with pytest.raises(TooLongError):
            async with pool.lend("a", lambda: sandbox("a")):
                pass
        async with pool.lend("b", lambda: sandbox("b")):
            pass
    async with pool.lend("a", lambda: sandbox("a")):
        pass


async def test_a_sandbox_that_nothing_ran_in_stays_warm() -> None:
    pool = SandboxPool()
    loan = pool.lend("a", lambda: sandbox("a"))
    unused = await loan.__aenter__()
    await loan.__aexit__(TooLongError, TooLongError(), None)
    async with pool.lend("a", lambda: sandbox("a")) as box:
        assert box is unused


async def test_a_key_that_ended_while_it_ran_leaves_nothing() -> None:
    pool = SandboxPool()
    async with pool.lend("a", lambda: sandbox("a")) as box:
        pool.end("a")
        assert not box.ended
    assert box.ended


class PoolMachine(RuleBasedStateMachine):
    """Lends and takes back in any order: one user at a time, no key gets another's, no more idle ones than allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.pool = SandboxPool(per_key=3, idle=4)
        self.boxes: list[Box] = []
        self.open: list[tuple[Any, Any]] = []

    async def start(self, key: str) -> Any:
        self.boxes.append(Box(key))
        return self.boxes[-1]

    @rule(key=st.sampled_from("abc"), fresh=st.booleans())
    def lend(self, key: str, fresh: bool) -> None:
        if sum(box.key == key for _, box in self.open) >= 3:
            return
        manager = self.pool.lend(key, lambda: self.start(key), fresh=fresh)
        box = self.loop.run_until_complete(manager.__aenter__())
        assert (box.key, box.running, box.ended) == (key, False, False)
        box.running = True
        self.open.append((manager, box))

    @rule(index=st.integers(0, 20), reusable=st.booleans())
    def give_back(self, index: int, reusable: bool) -> None:
        if not self.open:
            return
        manager, box = self.open.pop(index % len(self.open))
        box.running, box.reusable = False, reusable
        self.loop.run_until_complete(manager.__aexit__(None, None, None))

    @rule(key=st.sampled_from("abc"))
    def end(self, key: str) -> None:
        self.pool.end(key)

    @invariant()
    def running_ones_live_and_idle_ones_are_few(self) -> None:
        assert not any(box.ended for box in self.boxes if box.running)
        assert sum(not box.ended and not box.running for box in self.boxes) <= 4

    def teardown(self) -> None:
        while self.open:
            self.give_back(0, reusable=True)
        self.pool.close()
        self.loop.close()
        assert all(box.ended for box in self.boxes)


TestPool = PoolMachine.TestCase
TestPool.settings = settings(max_examples=50, deadline=None)
