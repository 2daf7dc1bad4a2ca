"""Buffer as Node has it, on random bytes, numbers, offsets and what is none of these."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.differential.runtimes import Pair, suite
from tests.fuzz import fuzz

SUITE = suite("buffer")
BYTES = st.binary(max_size=20).map(lambda data: {"hex": data.hex()})
ODD = st.sampled_from(["undefined", "nan", "infinity", "negative", "zero", "object", "list"]).map(lambda n: {"odd": n})
OFFSET = st.integers(0, 8) | st.integers(-3, 22) | st.sampled_from([1.5, 2**31, 2**33, -(2**40)]) | ODD | st.none()
ENCODING = st.sampled_from(["utf8", "hex", "base64", "latin1", "ascii", "utf16le", "base64url", "utf-7", ""])
TEXT = st.text("ab01\u00e9 =", max_size=8) | st.text("a\u20ac\U0001f600", max_size=4)
EDGES = [2**bits + off for bits in (7, 8, 15, 16, 31, 32, 40, 47, 48) for off in (-1, 0)]
NUMBER = st.integers(-(2**53), 2**53) | st.sampled_from(EDGES + [-each for each in EDGES]) | st.floats(width=32)
FINITE = NUMBER.filter(lambda value: value == value and abs(value) != float("inf")) | ODD
BIG = st.integers(-(2**63) - 1, 2**64).map(lambda value: {"big": str(value)})
SIZED = [f"{kind}{bits}{end}" for kind in ("Int", "UInt", "Uint") for bits in ("16", "32") for end in ("LE", "BE")]
WIDTHS = ["Int8", "UInt8", *SIZED, *(f"{kind}{end}" for kind in ("Float", "Double") for end in ("LE", "BE"))]
BIGS = [f"Big{kind}64{end}" for kind in ("Int", "UInt", "Uint") for end in ("LE", "BE")]
ANY_SIZE = [f"{kind}{end}" for kind in ("Int", "UInt") for end in ("LE", "BE")]
SIZE = st.integers(1, 6) | st.sampled_from([0, 7, 1.5, -1]) | ODD
WANTED = TEXT | BYTES | st.integers(-2, 300) | st.none()


def prefixed(prefix: str, names: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([prefix + name for name in names])


def call(method: str | st.SearchStrategy[str], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.just(method) if isinstance(method, str) else method
    counts = st.integers(0, len(arguments))
    return st.tuples(BYTES, names, st.tuples(*arguments), counts).map(lambda each: [*each[:2], *each[2][: each[3]]])


CASE = st.one_of(
    call(prefixed("read", WIDTHS + BIGS), OFFSET),
    call(prefixed("read", ANY_SIZE), OFFSET, SIZE),
    call(prefixed("write", WIDTHS), FINITE, OFFSET),
    call(prefixed("write", BIGS), BIG, OFFSET),
    call(prefixed("write", ANY_SIZE), FINITE, OFFSET, SIZE),
    call(prefixed("swap", ["16", "32", "64"])),
    call("compare", BYTES, OFFSET, OFFSET, OFFSET, OFFSET),
    call("equals", BYTES | ODD),
    call(st.sampled_from(["indexOf", "lastIndexOf", "includes"]), WANTED, OFFSET | ENCODING, ENCODING),
    call("fill", WANTED, OFFSET | ENCODING, OFFSET | ENCODING, ENCODING),
    call("copy", BYTES, OFFSET, OFFSET, OFFSET),
    call("write", TEXT, OFFSET | ENCODING, OFFSET | ENCODING, ENCODING),
    call(st.sampled_from(["slice", "subarray"]), OFFSET, OFFSET),
    call("toString", ENCODING, OFFSET, OFFSET),
    call("toJSON"),
    st.tuples(st.none(), st.just("concat"), st.lists(st.lists(st.integers(0, 300)), max_size=2), OFFSET),
    st.tuples(st.none(), st.just("alloc"), st.integers(-1, 20) | ODD, WANTED, ENCODING),
    st.tuples(st.none(), st.just("from"), st.lists(st.integers(-300, 300)) | TEXT | ODD | st.none(), ENCODING),
    st.tuples(st.none(), st.just("byteLength"), TEXT | BYTES | ODD, ENCODING),
)


@fuzz(60)
@given(cases=st.lists(CASE, min_size=1, max_size=40))
def test_as_in_node(pair: Pair, cases: list[Any]) -> None:
    assert pair.differences(SUITE, cases) == []
