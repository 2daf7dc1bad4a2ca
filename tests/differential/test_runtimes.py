"""The harness itself: outcomes come back whole from both runtimes, and what differs is told."""

from __future__ import annotations

import pytest

from tests.differential.runtimes import Difference, Pair, SuiteError

VALUES = """
const VALUES = {
  numbers: () => [0, -0, NaN, -Infinity, 1.5],
  nothing: () => [undefined, null, [undefined]],
  bytes: () => [Buffer.from('ab'), new Uint8Array(2), new Uint16Array([258]), new ArrayBuffer(1)],
  objects: () => [new Map([['a', new Set([1])]]), { b: 1, a: { c: 10n } }, new Date(NaN), /a/g],
  circular() { const a = {}; a.a = a; return a },
  waits: async () => 'late',
  coded() { throw Object.assign(new RangeError('texts of codes count'), { code: 'ERR' }) },
  plain() { throw new TypeError(`texts of the engine do not: ${typeof process}`) },
  text() { throw 'text' },
};
const run = (name) => VALUES[name]();
"""


def test_equal_outcomes(pair: Pair) -> None:
    names = ["numbers", "nothing", "bytes", "objects", "circular", "waits", "coded", "plain", "text"]
    assert pair.differences(VALUES, names) == []
    numbers, waits, coded, none = pair.sandbox.outcomes(VALUES, ["numbers", "waits", "coded", "none"])
    assert numbers == {"value": [0, {"<number>": ["-0"]}, {"<number>": ["NaN"]}, {"<number>": ["-Infinity"]}, 1.5]}
    assert waits == {"value": "late"}
    assert coded == {"threw": {"name": "RangeError", "code": "ERR", "message": "texts of codes count"}}
    assert none == {"threw": {"name": "TypeError"}}


def test_a_difference_is_told(pair: Pair) -> None:
    found = pair.differences("const run = (each) => each + (typeof Segment === 'object')", [1, "a"])
    assert found[1] == Difference("a", {"value": "afalse"}, {"value": "atrue"})
    assert len(found) == 2


def test_a_suite_that_does_not_load(pair: Pair) -> None:
    with pytest.raises(SuiteError, match="in Node: SyntaxError"):
        pair.node.outcomes("const run = ;", [1])
    with pytest.raises(SuiteError, match="in the sandbox: SyntaxError"):
        pair.sandbox.outcomes("const run = ;", [1])
    assert pair.node.outcomes("const run = (each) => each", [1]) == [{"value": 1}]
