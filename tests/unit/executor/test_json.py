"""The engine part that writes JSON by itself must write what `JSON.stringify` does, or leave it to that."""

from __future__ import annotations

import json

import pytest

from services.executor.executor import Executor
from tests.unit.executor.engines import cache_dir, executor, run

__all__ = ["cache_dir", "executor"]

PLAIN = {
    "nothing": "null",
    "numbers": "[0, -0, 1, -1, 9, 10, 99, 100, 2147483647, -2147483648, 2147483648, 1.5, 1e21, 1e-7, NaN, -Infinity]",
    "flags": "[true, false]",
    "strings": "['', 'a', '12345678', '123456789', '/']",
    "escapes": r"""['"', '\\', '\b\t\n\f\r\0\x1f\x7f', 'aaaaaaa"', 'aaaaaaaa\n', 'a\\aaaaaaa']""",
    "eight bits": r"['\x80', 'ÿ', 'aaaaaaaé', 'é'.repeat(100)]",
    "sixteen bits": r"['Ā', '\u07ff', '\u0800', '\uffff', '\u2028', '日本語', '😀', 'a😀b']",
    "half pairs": r"['\ud800', '\udfff', '\udfff\ud800', '\ud83d', 'a\ud83d', '\ud83d\ud83d\ude00']",
    "slices": r"['x'.repeat(3000).slice(5, 2000), '日'.repeat(3000).slice(5, 2000)]",
    "ropes": "[1, 2, 3].map((n) => 'x'.repeat(600) + n + 'é'.repeat(600))",
    "nested": "{a: {b: [{c: []}, {}], d: [[], [[]]]}}",
    "left out": "{a: undefined, b() {}, c: Symbol('s'), [Symbol('s')]: 1, d: 2}",
    "null in arrays": "[undefined, () => 1, Symbol('s')]",
    "deleted": "(() => { const o = {a: 1, b: 2, c: 3}; delete o.b; return o })()",
    "many deleted": "(() => { const o = {}; for (let i = 0; i < 50; i++) o['k' + i] = i; "
    "for (let i = 0; i < 40; i++) delete o['k' + i]; return o })()",
    "hidden": "Object.defineProperty({a: 1}, 'b', {value: 2})",
    "frozen": "Object.freeze({a: Object.freeze([1])})",
}
ODD = {
    "number keys": "{b: 1, 2: 1, 1: 1, a: 1, '-1': 1, '4294967295': 1, 1.5: 1}",
    "getter": "{get a() { return 1 }, b: 2}",
    "own toJSON": "{toJSON() { return {x: 1} }}",
    "toJSON that is no function": "{toJSON: 5}",
    "inherited toJSON": "Object.create({toJSON() { return 7 }})",
    "class": "new (class { a = 1; #b = 2; get c() { return 3 } toJSON() { return this.a } })()",
    "no prototype": "Object.assign(Object.create(null), {a: 1})",
    "holes": "[, 1, , 2, ,]",
    "longer than filled": "(() => { const a = [1]; a.length = 3; return a })()",
    "array with more": "Object.assign([1, 2], {a: 1})",
    "array with toJSON": "Object.assign([1, 2], {toJSON: () => 'own'})",
    "own array class": "(class extends Array {}).from([1, 2])",
    "arguments": "(function () { return arguments })(1, 2)",
    "bytes": "new Uint8Array([1, 2])",
    "others": "[new Date(0), new Map([[1, 2]]), new Set([1]), /x/, new Error('e')]",
    "boxed": "[new Number(1), new String('s'), Object(true)]",
    "proxies": "[new Proxy({a: 1}, {}), new Proxy([1], {}), new Proxy(() => 1, {})]",
    "prototypes": "[Object.prototype, Array.prototype, globalThis.Math]",
    "deep": "(() => { let o = 1; for (let i = 0; i < 200; i++) o = [{o}]; return o })()",
    "long": "'x'.repeat(100_000)",
    "long and full": "Array(20_000).fill('abc')",
    "at the edge": "Array(1_000).fill('x'.repeat(64))",
    "raw": "JSON.rawJSON ? [JSON.rawJSON('1e1000')] : []",
}


POISON = ["", "Object.prototype.toJSON = () => 'of all';", "Array.prototype.toJSON = () => 'of arrays';"]


@pytest.mark.parametrize("expression", [*PLAIN.values(), *ODD.values()], ids=[*PLAIN, *ODD])
@pytest.mark.parametrize("before", POISON, ids=["plain", "objects", "arrays"])
async def test_it_is_written_as_the_engine_does(executor: Executor, before: str, expression: str) -> None:
    here = await run(executor, f"{before} function onTrack() {{ return ({expression}) }}")
    engine = await run(executor, f"{before} function onTrack() {{ return JSON.stringify({expression}) }}")
    assert (here.error, engine.error) == (None, None)
    assert here.returned.decode() == json.loads(engine.returned)
