"""A guest that lies: nothing is read or written outside of its memory, nothing but a documented error comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import wat2wasm

from services.executor.engine import Engine
from services.executor.guest import NOTHING, Guest, GuestError, GuestFaultError, Output, TrappedError
from services.executor.image_directory import ImageDirectory
from services.executor.unchecked import UncheckedGuest
from tests.fuzz import fuzz
from tests.unit.executor.hostile import (
    BUFFER_BYTES,
    CELLS,
    DATA,
    HOSTILE,
    OUTPUT,
    PAGE,
    PAGES,
    Action,
    Deed,
    entered,
    hostile_engine,
    hostile_image,
)

MEMORY_BYTES = 1024 * 1024
FUEL = 10_000_000
END = PAGE * PAGES
EDGES = [0, 1, CELLS, DATA, END - 1, END, END + 1, MEMORY_BYTES, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - END]
NUMBERS = st.sampled_from(EDGES) | st.integers(0, 2**32 - 1) | st.integers(0, END)
DEED = st.builds(
    Deed,
    action=st.sampled_from(Action),
    grow_pages=st.sampled_from([0, 0, 1, 100, 2**31]),
    host_calls=st.sampled_from([0, 1, 3, 10_000]),
    text=NUMBERS,
    text_bytes=NUMBERS,
    into=NUMBERS,
    room=NUMBERS,
    output=NUMBERS,
    output_bytes=NUMBERS,
    kind=st.sampled_from([0, 0, 1, 2, 2**32 - 1]),
    malloc=NUMBERS,
    malloc_action=st.sampled_from(Action),
    returned_bytes=st.just(0) | NUMBERS,
)
INPUT_BYTES = st.sampled_from([0, 1, BUFFER_BYTES, BUFFER_BYTES + 1, 60_000, 200_000])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return hostile_engine(tmp_path_factory.mktemp("hostile") / "images")


class Watched:
    """A guest with what it asked of the host, and all that can be seen of it after each entry."""

    def __init__(self, kind: type[Guest], engine: Engine, deeds: list[Deed], answer: tuple[bytes, int]) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        image = hostile_image(engine, deeds, bytes(range(256)) * 100)
        self.guest = kind(engine, image, memory_bytes=MEMORY_BYTES, host_call=self._on_call)
        self.guest.set_fuel(FUEL)
        self.guest.set_world(1, 2)

    def _on_call(self, request: bytes) -> tuple[bytes, int]:
        self.requests.append(request)
        return self._answer

    def seen(self, text: bytes) -> tuple[object, ...]:
        """Enter, and give the outcome with fuel, requests and the whole memory. Passes on what is no known error."""
        try:
            outcome: object = entered(self.guest, text)
        except TrappedError as trap:
            outcome = trap.code
        except (GuestError, GuestFaultError) as error:
            outcome = (type(error), str(error))
        memory = self.guest.memory_bytes()
        return outcome, self.guest.fuel(), self.requests, self.guest.read(0, memory)


@fuzz(100)
@given(
    deeds=st.lists(DEED, min_size=1, max_size=3),
    inputs=st.lists(INPUT_BYTES, min_size=3, max_size=3),
    answer=st.tuples(st.sampled_from([b"", b"{}", b"A" * 100_000]), st.sampled_from([0, 1, 10**7, 10**30])),
)
def test_both_guests_refuse_the_same(
    engine: Engine, deeds: list[Deed], inputs: list[int], answer: tuple[bytes, int]
) -> None:
    plain, fast = (Watched(kind, engine, deeds, answer) for kind in (Guest, UncheckedGuest))
    for deed, length in zip(deeds, inputs, strict=False):
        earlier = len(plain.requests)
        outcome, *state = plain.seen(b"x" * length)
        assert fast.seen(b"x" * length) == (outcome, *state)
        assert {len(request) for request in plain.requests[earlier:]} <= {deed.text_bytes}
        if not isinstance(outcome, Output):
            break
        memory = plain.guest.read(0, plain.guest.memory_bytes())
        report = b"" if deed.kind == NOTHING else memory[deed.output : deed.output + deed.output_bytes]
        assert outcome == Output(report, memory[OUTPUT : OUTPUT + deed.returned_bytes])
        assert len(outcome.returned) == deed.returned_bytes
    plain.guest.close()
    fast.guest.close()


BOTH = pytest.mark.parametrize("kind", [Guest, UncheckedGuest])


@BOTH
@pytest.mark.parametrize(
    ("output", "output_bytes"),
    [(END - 3, 3), (END, 0), (DATA, 0), (1, 10)],
    ids=["last bytes", "nothing behind the end", "nothing", "first bytes"],
)
def test_what_lies_in_the_memory_is_given(engine: Engine, kind: type[Guest], output: int, output_bytes: int) -> None:
    watched = Watched(kind, engine, [Deed(output=output, output_bytes=output_bytes)], (b"", 0))
    assert len(entered(watched.guest, b"x").report) == output_bytes
    watched.guest.close()


@BOTH
@pytest.mark.parametrize(
    ("output", "output_bytes"),
    [(END - 3, 4), (END + 1, 0), (-1, 1), (-8, 16), (DATA, 2**31), (DATA, -1), (2**31, 1), (0, 5)],
    ids=["over the end", "behind", "negative", "wrapping", "huge", "negative length", "far", "none"],
)
def test_what_does_not_is_refused(engine: Engine, kind: type[Guest], output: int, output_bytes: int) -> None:
    watched = Watched(kind, engine, [Deed(output=output, output_bytes=output_bytes)], (b"", 0))
    with pytest.raises(GuestFaultError):
        entered(watched.guest, b"x", max_output_bytes=2**40)
    watched.guest.close()


@BOTH
@pytest.mark.parametrize("returned_bytes", [END - OUTPUT + 1, 2**31, -1])
def test_more_returned_than_there_is_is_refused(engine: Engine, kind: type[Guest], returned_bytes: int) -> None:
    watched = Watched(kind, engine, [Deed(kind=NOTHING, returned_bytes=returned_bytes)], (b"", 0))
    with pytest.raises(GuestFaultError):
        entered(watched.guest, b"x", max_output_bytes=2**40)
    watched.guest.close()


@BOTH
def test_memory_that_grew_is_looked_at_whole(engine: Engine, kind: type[Guest]) -> None:
    deeds = [Deed(grow_pages=1, output=END + PAGE - 5, output_bytes=5), Deed(output=END + PAGE - 5, output_bytes=6)]
    watched = Watched(kind, engine, deeds, (b"", 0))
    assert entered(watched.guest, b"x").report == bytes(5)
    with pytest.raises(GuestFaultError):
        entered(watched.guest, b"x")
    watched.guest.close()


@BOTH
@pytest.mark.parametrize(
    "deed",
    [
        Deed(host_calls=2**31, text=END, text_bytes=10),
        Deed(host_calls=2**31, text=DATA, text_bytes=-1),
        Deed(host_calls=2**31, text=DATA, text_bytes=10, into=-8, room=2**31),
        Deed(host_calls=2**31, text=0, into=DATA, room=2**31),
    ],
    ids=["text behind the end", "negative length", "answer over the end", "answer again and again"],
)
def test_calls_of_the_host_end_with_the_fuel(engine: Engine, kind: type[Guest], deed: Deed) -> None:
    watched = Watched(kind, engine, [deed], (b"{}", 0))
    with pytest.raises(TrappedError, match="fuel"):
        entered(watched.guest, b"x")
    watched.guest.close()


@BOTH
def test_an_image_that_is_too_large_is_told(engine: Engine, kind: type[Guest]) -> None:
    with pytest.raises(TrappedError):
        kind(engine, hostile_image(engine, []), memory_bytes=PAGE, host_call=lambda _request: (b"", 0))


@pytest.mark.parametrize("cell", ["cells", "buffer", "buffer_bytes", "output"])
@pytest.mark.parametrize("value", [-1, END + 1, 2**31 - 1, -(2**31)])
def test_an_engine_whose_cells_are_nowhere_is_none(tmp_path: Path, cell: str, value: int) -> None:
    line = next(line for line in HOSTILE.splitlines() if f'"penstock_{cell}"' in line)
    text = HOSTILE.replace(line, f'(global (export "penstock_{cell}") i32 (i32.const {value}))')
    with pytest.raises(ValueError, match="outside"):
        Engine(wasm=bytes(wat2wasm(text)), directory=ImageDirectory(tmp_path / "images"))
