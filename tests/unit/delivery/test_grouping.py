"""Work is done in groups: one at a time, for all who came meanwhile, and each learns how it went."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from services.delivery.gathering import gathered
from services.delivery.grouping import Grouped


class Work:
    """Notes its groups, and is done with as many as it is let."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = asyncio.Semaphore(0)

    async def __call__(self, items: Sequence[int]) -> None:
        self.groups.append(list(items))
        await self.gate.acquire()
        if 13 in items:
            raise ValueError(items)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_while_a_group_is_worked_on_is_the_next_group() -> None:
    work = Work()
    grouped = Grouped(work)
    callers = [asyncio.create_task(grouped([number])) for number in range(4)]
    await settled()
    assert work.groups == [[0]]
    work.gate.release()
    work.gate.release()
    await asyncio.gather(*callers)
    assert work.groups == [[0], [1, 2, 3]]


async def test_a_failure_is_that_of_its_group_alone() -> None:
    work = Work()
    grouped = Grouped(work)
    first = asyncio.create_task(grouped([1]))
    await settled()
    failing = [asyncio.create_task(grouped([number])) for number in (13, 2)]
    await settled()
    for _ in range(3):
        work.gate.release()
    await first
    for caller in failing:
        with pytest.raises(ValueError, match="13"):
            await caller
    await grouped([3])
    assert work.groups == [[1], [13, 2], [3]]


async def test_a_cancelled_leader_does_not_leave_its_group_for_done() -> None:
    work = Work()
    grouped = Grouped(work)
    busy = asyncio.create_task(grouped([1]))
    await settled()
    leader, follower = (asyncio.create_task(grouped([number])) for number in (2, 3))
    await settled()
    work.gate.release()
    await busy
    await settled()
    leader.cancel()
    await asyncio.wait([leader, follower])
    assert leader.cancelled()
    assert follower.cancelled()


async def stream(*parts: Sequence[int]) -> AsyncIterator[Sequence[int]]:
    for part in parts:
        if 13 in part:
            raise ValueError(part)
        yield part


async def test_all_that_has_come_is_given_together() -> None:
    groups: list[list[int]] = []
    async for group in gathered(stream([1], [2, 3], [4])):
        groups.append(group)
        await settled()
    assert [number for group in groups for number in group] == [1, 2, 3, 4]
    assert len(groups) < 3


async def test_what_came_before_a_failure_is_given_first() -> None:
    groups = gathered(stream([1], [13]))
    assert await anext(groups) == [1]
    with pytest.raises(ValueError, match="13"):
        await anext(groups)
