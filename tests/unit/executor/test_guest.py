"""The two guests: the plain one over wasmtime's public API, and the fast one that must not differ."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.executor.executor import Executor
from services.executor.guest import Guest, GuestError, GuestFaultError, HostCall, Input, TrappedError, checked_range
from services.executor.results import Invocation
from services.executor.unchecked import UncheckedGuest
from services.executor.wire import start_input
from tests.unit.executor.engines import cache_dir, executor

__all__ = ["cache_dir", "executor"]

FUEL = 100_000_000
BOTH = pytest.mark.parametrize("kind", [Guest, UncheckedGuest])
CODE = """
const big = 'é'.repeat(100000);
function onTrack(event) {
  if (event.loop) for (;;);
  if (event.deep) return JSON.parse('['.repeat(1000000));
  if (event.hash) return crypto.createHash('sha256').update(big).digest('hex');
  if (event.random) return crypto.randomBytes(60000).length;
  return [event, Math.random()];
}"""
EVENTS = [
    {},
    {"text": "a\0b \ud83d\ude00 ü"},
    {"text": "x" * 200_000},
    {"loop": True},
    {"deep": True},
    {"hash": True},
    {"random": True},
]


def hostile_ranges() -> st.SearchStrategy[int]:
    return st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([0, -1, 2**31 - 1, -(2**31), 65535, 65536]))


@settings(deadline=None)
@given(pointer=hostile_ranges(), length=hostile_ranges(), memory_bytes=st.integers(0, 2**32))
def test_a_range_is_inside_the_memory_or_refused(pointer: int, length: int, memory_bytes: int) -> None:
    try:
        start, count = checked_range(pointer, length, memory_bytes)
    except GuestFaultError:
        assert (pointer % 2**32) + (length % 2**32) > memory_bytes
    else:
        assert 0 <= start <= start + count <= memory_bytes
        assert (start, count) == (pointer % 2**32, length % 2**32)


def start(executor: Executor, kind: type[Guest], host_call: HostCall | None = None) -> Guest:
    image, _top_level = executor._builder.build(CODE)
    guest = kind(executor._builder._engine, image, memory_bytes=64 * 1024 * 1024, host_call=host_call or answer)
    guest.set_fuel(FUEL)
    guest.set_world(1_700_000_000_000_000_000, 42)
    return guest


def answer(request: bytes) -> tuple[bytes, int]:
    call = json.loads(request)
    value = "A" * 80_000 if call["name"] == "random_bytes" else "AAAA"
    return json.dumps({"value": value}).encode(), 1000


def given_event(event: object) -> Input:
    invocation = Invocation(payload=json.dumps(event).encode(), handler="onTrack")
    return start_input(invocation, kind="destination", settings=b"{}", seed=bytes(24))


def outcome(guest: Guest, event: object) -> tuple[object, int, int]:
    try:
        result: object = guest.enter(given_event(event), max_output_bytes=1_000_000)
    except TrappedError as trap:
        result = trap.code
    except GuestError as error:
        result = error.text
    return result, guest.fuel(), guest.memory_bytes()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: next(iter(event), "empty"))
def test_both_guests_come_to_the_same(executor: Executor, event: object) -> None:
    plain, fast = (start(executor, kind) for kind in (Guest, UncheckedGuest))
    assert outcome(plain, event) == outcome(fast, event)
    plain.close()
    fast.close()


@BOTH
def test_an_output_that_is_too_long_is_a_fault(executor: Executor, kind: type[Guest]) -> None:
    guest = start(executor, kind)
    with pytest.raises(GuestFaultError):
        guest.enter(given_event({"text": "x" * 1000}), max_output_bytes=500)
    guest.close()


@BOTH
def test_no_read_or_write_leaves_the_memory(executor: Executor, kind: type[Guest]) -> None:
    guest = start(executor, kind)
    size = guest.memory_bytes()
    guest.write(size - 3, b"end")
    assert guest.read(size - 3, 3) == b"end"
    with pytest.raises(GuestFaultError):
        guest.write(size - 2, b"end")
    with pytest.raises(GuestFaultError):
        guest.read(-1, 2)
    guest.close()


@BOTH
def test_a_host_function_that_fails_raises_nothing_through_the_guest(executor: Executor, kind: type[Guest]) -> None:
    def broken(request: bytes) -> tuple[bytes, int]:
        raise ZeroDivisionError

    guest = start(executor, kind, broken)
    state = json.loads(guest.enter(given_event({"hash": True}), max_output_bytes=10_000).report.split(b"\n")[0])
    assert state["error"]["name"] == "SyntaxError"
    guest.close()


@BOTH
def test_a_host_function_is_paid_in_fuel(executor: Executor, kind: type[Guest]) -> None:
    guest = start(executor, kind, lambda request: (b'{"value":"AAAA"}', FUEL * 2))
    with pytest.raises(TrappedError, match="fuel"):
        guest.enter(given_event({"hash": True}), max_output_bytes=10_000)
    guest.close()
