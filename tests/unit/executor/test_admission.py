from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.admission import LARGEST_CALL, Admission, Concurrency, TooLongError
from shared.errors import ResourceExhausted


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, LARGEST_CALL)), max_size=60))
def test_no_more_are_taken_than_allowed_and_no_workspace_takes_all(calls: list[tuple[str, int]]) -> None:
    admission = Admission(events=1000)
    taken = dict.fromkeys("abc", 0)
    with ExitStack() as stack:
        for workspace, events in calls:
            with suppress(ResourceExhausted):
                stack.enter_context(admission.admitted(workspace, events))
                taken[workspace] += events
        assert sum(taken.values()) <= 1000
        assert max(taken.values()) <= 500
        if taken["a"] == 0 and sum(taken.values()) <= 900:
            stack.enter_context(admission.admitted("a", LARGEST_CALL))
    with admission.admitted("a", LARGEST_CALL):
        pass


def test_who_is_refused_is_told_when_to_come_again() -> None:
    admission = Admission(events=10)
    with admission.admitted("a", 10), pytest.raises(ResourceExhausted) as refused, admission.admitted("b", 1):
        pass
    assert (refused.value.reason, refused.value.retry_delay_s) == ("EXECUTOR_BUSY", 1.0)


async def test_a_workspace_runs_so_many_at_a_time_and_another_its_own() -> None:
    concurrency, running, most = Concurrency(), 0, 0

    async def event(workspace: str) -> None:
        nonlocal running, most
        async with concurrency.place(workspace, 3):
            running += workspace == "a"
            most = max(most, running)
            await asyncio.sleep(0)
            running -= workspace == "a"

    async with concurrency.place("b", 3), concurrency.place("b", 3), concurrency.place("b", 3):
        await asyncio.gather(*(event("a") for _ in range(20)))
    assert most == 3
    assert not concurrency._places


async def test_a_place_is_not_waited_for_for_ever() -> None:
    concurrency = Concurrency(wait_s=0.01)
    async with concurrency.place("a", 1):
        with pytest.raises(TooLongError):
            async with concurrency.place("a", 1):
                pass
    async with concurrency.place("a", 1):
        pass
