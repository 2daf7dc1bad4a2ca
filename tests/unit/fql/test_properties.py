"""What holds for every condition, text and message, tried on random ones."""

from __future__ import annotations

import fnmatch
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fql import MAX_BYTES, FqlError, Undecidable, parse
from shared.fql.functions import ARITY
from shared.fql.globs import Glob
from shared.fql.parser import MAX_DEPTH, parse_tree
from shared.fql.syntax import Call, Comparison, Joined, Listing, Literal, Node, Not, Path, Value
from shared.fql.work import MAX_STEPS

_TEXT = st.text(max_size=6)
_LITERALS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: 1e-60 < abs(value) < 1e60 or not value),
    _TEXT.filter(lambda text: not ("'" in text and '"' in text)),
).map(Literal)
_PATHS = st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3).map(lambda names: Path(tuple(names)))


def _calls(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    def call(name: str) -> st.SearchStrategy[Value]:
        return st.tuples(*[values] * ARITY[name]).map(lambda arguments: Call(name, arguments))

    return st.sampled_from(sorted(ARITY)).flatmap(call)


def _listings(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.lists(values, max_size=3).map(lambda items: Listing(tuple(items)))


_VALUES: st.SearchStrategy[Value] = st.recursive(
    _LITERALS | _PATHS, lambda values: _calls(values) | _listings(values), max_leaves=3
)
_COMPARISONS = st.builds(Comparison, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), _VALUES, _VALUES) | st.builds(
    Comparison, st.just("in"), _VALUES, _listings(_VALUES) | _PATHS
)


def _combined(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(Not, nodes) | st.builds(
        _joined, st.sampled_from(["and", "or"]), st.lists(nodes, min_size=2, max_size=3)
    )


def _joined(word: str, operands: list[Node]) -> Joined:
    return Joined(word, tuple(operands))


_CONDITIONS: st.SearchStrategy[Node] = st.recursive(
    _COMPARISONS | _LITERALS | _PATHS | _calls(_VALUES), _combined, max_leaves=4
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from("abc"), values, max_size=3),
    max_leaves=6,
)
_FRAGMENTS = [
    *ARITY,
    "a",
    "b.c",
    "\\",
    "'",
    '"',
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "!",
    "=",
    "<",
    " ",
    " and ",
    " or ",
    " in ",
    "1",
    "-",
]
_SHORT = settings(max_examples=40, deadline=None)


@_SHORT
@given(_CONDITIONS)
def test_what_is_printed_reads_as_the_same(tree: Node):
    read = parse_tree(str(tree))
    assert (read, str(read)) == (tree, str(tree))


@_SHORT
@given(st.text(max_size=60) | st.lists(st.sampled_from(_FRAGMENTS), max_size=20).map("".join))
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str):
    offset = 0
    try:
        parse(text)
    except FqlError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)


@_SHORT
@given(_CONDITIONS, st.dictionaries(st.sampled_from("abc"), _JSON))
def test_every_condition_is_decided_or_undecidable_for_every_message(tree: Node, message: dict[str, Any]):
    with suppress(Undecidable):
        assert parse(str(tree)).matches(message) in (True, False)


@_SHORT
@given(_VALUES, st.dictionaries(st.sampled_from("abc"), _JSON))
def test_a_value_equals_itself_or_differs(value: Value, message: dict[str, Any]):
    with suppress(Undecidable):
        assert parse(f"{value} = {value} or {value} != {value}").matches(message)


@_SHORT
@given(st.text("ab*?", max_size=8), st.text("abc", max_size=12))
def test_globs_match_as_those_of_file_names(pattern: str, text: str):
    assert Glob(pattern).matches(text) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 5000,
        "!(" * 2500,
        "[" * 5000,
        "length(" * 700,
        "(" * 100 + "a" + ")" * 100,
        "a" * (MAX_BYTES + 1),
        "ア" * (MAX_BYTES // 3 + 1),
        "a." * 2000,
        "9" * 5000,
        "\\" * 4999,
    ],
    ids=lambda hostile: f"{hostile[:8]} x {len(hostile)}",
)
def test_hostile_text_is_refused(hostile: str):
    with pytest.raises(FqlError):
        parse(hostile)


@pytest.mark.parametrize("level", ["({})", "!({})", "[{}] = a", "string({})"])
def test_conditions_nest_as_deep_as_is_said(level: str):
    text = "a"
    for _ in range(MAX_DEPTH):
        text = level.format(text) if level != "[{}] = a" else f"[{text}]"
    text += " = a" * level.startswith("[")
    assert parse(text).matches({"a": True}) in (True, False)


@pytest.mark.parametrize(
    "condition",
    [
        " or ".join(["match(a, '*?b')"] * 250),
        " or ".join(["match(a, b)"] * 300),
        " or ".join(["c = d and e"] * 300),
        " or ".join(["string(c) = 'x'"] * 200),
        " or ".join(["uppercase(a) = 'x'"] * 200),
    ],
    ids=lambda condition: condition[:14],
)
def test_what_takes_too_many_steps_is_undecidable(condition: str):
    message = {"a": "a" * 200_000, "b": "[a-z]*" * 100 + "b", "c": list(range(9000)), "d": list(range(9000))}
    with pytest.raises(Undecidable, match=f"{MAX_STEPS:,} steps"):
        parse(condition).matches(message)


def test_a_message_that_nests_too_deep_is_undecidable():
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Undecidable, match="nests too deep"):
        parse("a = b").matches({"a": deep, "b": json.loads("[" * 500 + "]" * 500) and [deep]})


def test_a_glob_with_many_stars_takes_one_step_for_each_character():
    pattern, text = "*a" * 1500 + "b", "a" * 20_000
    assert not Glob(pattern).matches(text)


def test_a_text_is_read_once():
    assert parse("type = 'track'") is parse("type = 'track'")
