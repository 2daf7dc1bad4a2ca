"""`console` as Node has it: random values, formats, groups, tables and options, by the texts that come of them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from services.executor.executor import Program, digest_of
from services.executor.results import FunctionKind, Invocation, Limits
from tests.differential.runtimes import LIMITS, Pair, suite
from tests.fuzz import fuzz

SUITE = suite("console")
CODE = "Error.stackTraceLimit = 0; function onTrack({ source }) { new Function(source)() }"
PROGRAM = Program(
    key="console",
    code=CODE,
    digest=digest_of(CODE),
    kind=FunctionKind.DESTINATION,
    limits=Limits(fuel=LIMITS.fuel, wall_s=LIMITS.wall_s, log_bytes=10**6),
)

TEXT = st.text("ab '\"`\\\n\t\x01é€😀${}%", max_size=6) | st.text("ab cd\n", min_size=10, max_size=90)
# Of long fractions the engine writes a digit more at times.
NUMBER = st.integers(-(10**6), 10**6) | st.integers(-(10**6), 10**6).map(lambda whole: whole / 100)
PLAIN = st.sampled_from(
    [
        *("null", "undefined", "true", "-0", "NaN", "Infinity", "10n", "Symbol('s')", "Symbol.iterator", "/a\\/b/gi"),
        *("new Date(0)", "new Date(NaN)", "() => 1", "function foo() {}", "class A {}", "class B extends Map {}"),
        *("async () => {}", "function* gen() {}", "Math", "Map", "Symbol", "new Error('m')", "new TypeError('')"),
        *("new (class MyError extends Error {})('m')", "new (class Odd extends TypeError {})('m')", "{}", "[]", "JSON"),
        *("Object.assign(new Error('m'), { name: 'Named', code: 1 })", "new AggregateError([new Error('a')], 'm')"),
        *("new Uint8Array([1, 2])", "new Float64Array(20)", "Buffer.from('hi')", "new ArrayBuffer(3)", "new Map()"),
        *("new DataView(new ArrayBuffer(1))", "new WeakMap()", "Object(1n)", "new String('ab')", "new Boolean(false)"),
        *("Object.create(null)", "[, 1, , ,]", "new Array(120)", "{ get a() { return 1 }, set a(v) {}, set b(v) {} }"),
        *("(() => { const a = { b: {} }; a.b.c = a; return a })()", "(() => { const a = [1]; a.push(a); return a })()"),
        *("new Proxy({ a: 1 }, {})", "{ toString() { return 'own' } }", "new (class { toString() { return 'c' } })()"),
        *("{ [Symbol.toStringTag]: 'Tag' }", "{ [Symbol('s')]: 1 }", "Array.from({ length: 130 }, (_, i) => i * i)"),
    ]
)
LEAF = PLAIN | NUMBER.map(repr) | TEXT.map(json.dumps)
KEY = st.sampled_from(["a", "b", "id", "user_name", "'a-b'", "7", "'it\\'s'", "$d", "'a longer key of some words'"])


def listed(values: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=most).map(", ".join)


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.dictionaries(KEY, values, max_size=5).map(
        lambda found: "{ " + ", ".join(f"{key}: {value}" for key, value in found.items()) + " }"
    )


def nested(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entries = listed(st.tuples(LEAF, values).map(lambda pair: f"[{pair[0]}, {pair[1]}]"))
    return st.one_of(
        objects(values),
        listed(values, 9).map(lambda items: f"[{items}]"),
        objects(values).map(lambda text: f"Object.assign(new (class Foo {{}})(), {text})"),
        objects(values).map(lambda text: f"Object.assign(Object.create(null), {text})"),
        objects(values).map(lambda text: f"Object.assign(new Error('of many\\nlines'), {text})"),
        values.map(lambda text: f"new Error('outer', {{ cause: {text} }})"),
        entries.map(lambda items: f"new Map([{items}])"),
        listed(values).map(lambda items: f"new Set([{items}])"),
        st.tuples(listed(values), objects(values)).map(lambda pair: f"Object.assign([{pair[0]}], {pair[1]})"),
    )


NUMBERS = st.lists(st.integers(-2000, 10**6), min_size=7, max_size=40).map(str)
WORDS = st.lists(st.text("abc", max_size=14), min_size=7, max_size=30).map(json.dumps)
VALUE = st.recursive(LEAF, nested, max_leaves=12) | NUMBERS | WORDS
SHORT = st.sampled_from(
    ["5", "-0", "'text'", "{ a: { b: { c: {} } } }", "'1.5x'", "null", "undefined", "[1, [2, [3]]]"]
)
FORMAT = st.lists(st.sampled_from(["%s", "%d", "%i", "%f", "%j", "%O", "%c", "%%", "%x", " a ", "%"]), max_size=5).map(
    lambda parts: json.dumps("".join(parts))
)
METHOD = st.sampled_from(["log", "info", "warn", "error", "debug"])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "depth": st.sampled_from([0, 1, 5, None]),
        "maxArrayLength": st.sampled_from([0, 2, 7, None]),
        "maxStringLength": st.sampled_from([0, 3, 50]),
        "breakLength": st.sampled_from([20, 60, 120]),
        "compact": st.sampled_from([False, 1, 3]),
        "sorted": st.booleans(),
    },
).map(json.dumps)
ROW = objects(LEAF) | LEAF
STATEMENT = st.one_of(
    st.tuples(METHOD, listed(VALUE, 3)).map(lambda pair: f"console.{pair[0]}({pair[1]})"),
    st.tuples(FORMAT, listed(SHORT, 4)).map(lambda pair: f"console.log({', '.join(filter(None, pair))})"),
    st.tuples(VALUE, OPTIONS).map(lambda pair: f"console.dir({pair[0]}, {pair[1]})"),
    listed(ROW).map(lambda rows: f"console.table([{rows}])"),
    objects(ROW).map(lambda rows: f"console.table({rows}, ['a', 'zz'])"),
    listed(LEAF, 2).map(lambda items: f"console.table(new Set([{items}]))"),
    listed(SHORT, 2).map(lambda items: f"console.group({items})"),
    # Deeper than others are shown, Node names their classes in ways of its own.
    st.sampled_from(["URL('https://a.example/b?c=d')", "URLSearchParams('a=1')", "Headers({ a: 'b' })"]).map(
        lambda text: f"console.log(new {text}, [new {text}])"
    ),
    st.sampled_from(
        ["console.groupEnd()", "console.count()", "console.count('x')", "console.countReset()", "console.timeEnd()"]
    ),
    listed(SHORT, 3).map(lambda items: f"console.assert(false{', ' if items else ''}{items})"),
)
SOURCE = st.lists(STATEMENT, min_size=1, max_size=4).map(";\n".join)


def logged(pair: Pair, source: str) -> str:
    payload = json.dumps({"type": "track", "source": source}).encode()
    result = pair.sandbox.run(PROGRAM, Invocation(payload=payload))
    assert result.error is None
    return "".join(f"{line.text}\n" for line in result.logs)


@fuzz(40)
@given(sources=st.lists(SOURCE, min_size=1, max_size=12))
def test_as_in_node(pair: Pair, sources: list[str]) -> None:
    for source, outcome in zip(sources, pair.node.outcomes(SUITE, sources), strict=True):
        # More than an entry's 4096 characters are cut.
        if len(text := outcome.get("value", "")) < 4000:
            assert (source, logged(pair, source)) == (source, text)
