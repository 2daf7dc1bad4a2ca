from __future__ import annotations

from typing import cast

import grpc
from hypothesis import given
from hypothesis import strategies as st

from shared.rpc.choice import ExecutorChoice

ADDRESSES = [f"10.0.0.{n}:7104" for n in range(5)]


def choice_of(addresses: list[str]) -> ExecutorChoice:
    return ExecutorChoice({address: cast("grpc.aio.Channel", address) for address in addresses})


@given(st.text(min_size=1))
def test_an_instance_keeps_its_candidates_when_another_executor_goes(instance_id: str) -> None:
    before = choice_of(ADDRESSES).candidates(instance_id)
    gone = next(address for address in ADDRESSES if address not in before)
    assert choice_of([a for a in ADDRESSES if a != gone]).candidates(instance_id) == before


def test_a_second_call_goes_to_the_less_busy_candidate() -> None:
    choice = choice_of(ADDRESSES)
    first, second = choice.candidates("ins_1")
    with choice.channel("ins_1") as a, choice.channel("ins_1") as b:
        assert (a, b) == (first, second)
    with choice.channel("ins_1") as again:
        assert again == first


def test_instances_spread_over_all_executors() -> None:
    choice = choice_of(ADDRESSES)
    assert {choice.candidates(f"ins_{n}")[0] for n in range(200)} == set(ADDRESSES)
