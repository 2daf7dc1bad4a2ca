"""JSON goes through a sandbox as it goes through Node: parsed and written as the language says, and nothing else.

So numbers are doubles (9007199254740993 comes back as 9007199254740992, 1e400 as null, -0 as 0), of two equal keys the
last counts, keys that are small whole numbers come first, and `__proto__` is a key like any other.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import ErrorKind, FunctionKind, Invocation, InvocationResult
from tests.fuzz import fuzz
from tests.images import cache_dir
from tests.unit.executor.engines import program

__all__ = ["cache_dir"]

NODE = """
const lines = require('node:readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
  let written = null;
  try { written = JSON.stringify(JSON.parse(Buffer.from(line, 'base64').toString())); } catch {}
  console.log(JSON.stringify(written));
});"""
# Where the machine has no Node, the set-up has put one beside the interpreter.
ENVIRONMENT = os.environ | {"PATH": f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"}
Through = Callable[[bytes], InvocationResult]


@pytest.fixture(scope="module")
def node() -> Generator[Callable[[str], str | None]]:
    """What Node writes of a JSON text, None for what is none."""
    with subprocess.Popen(
        ["node", "-e", NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def written(text: str) -> str | None:
            stdin.write(base64.b64encode(text.encode()).decode() + "\n")
            stdin.flush()
            return json.loads(stdout.readline())

        yield written
        stdin.close()


@pytest.fixture(scope="module")
def runner() -> Generator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def executor(cache_dir: Path) -> Executor:
    return make_executor(cache_dir=cache_dir, outside=CannedOutside({}), pool=SandboxPool())


@pytest.fixture(scope="module")
def through(runner: asyncio.Runner, executor: Executor) -> Through:
    """Run a function that gives back its event."""
    echo = program("async function onTrack(e) { return e }")
    return lambda payload: runner.run(executor.run(echo, Invocation(payload=payload, handler="onTrack")))


@pytest.fixture(scope="module")
def sent(runner: asyncio.Runner, executor: Executor) -> Through:
    """Run a source function that sends on what it was given."""
    source = program(
        """function onRequest(request) {
          Segment.track({ userId: 'u', event: 'e', properties: { value: request.json() } });
        }""",
        kind=FunctionKind.SOURCE,
    )

    def run(payload: bytes) -> InvocationResult:
        request = {"method": "POST", "url": "https://a.example/", "headers": [], "body": payload.decode()}
        return runner.run(executor.run(source, Invocation(payload=json.dumps(request).encode())))

    return run


NUMBER = (
    st.sampled_from(["0", "-0", "-0.0", "1e400", "-1e400", "1e-400", "5e-324", "1.7976931348623157e308", "1E5", "1e21"])
    | st.sampled_from(["9007199254740993", "-9007199254740993", "12345678901234567890", "0.1", "1e-7", "123456789e-20"])
    | st.integers().map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
)
TEXT = st.text(max_size=8) | st.sampled_from(["\u2028\u2029", "\0", "\ufeff", "\U0001f600", "\x7f", "</script>", "a\\"])
ESCAPED = st.sampled_from([r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\ude00"', r'"\uD83D"', r'"\/"', r'"\u0000"'])
STRING = st.builds(json.dumps, TEXT, ensure_ascii=st.booleans()) | ESCAPED
KEYS = ["", "__proto__", "constructor", "prototype", "then", "toString", "length", "__defineGetter__", "toJSON", "type"]
INDICES = ["0", "1", "10", "01", "-1", "1.5", "4294967294", "4294967295", "4294967296", "9007199254740993"]
KEY = st.sampled_from(KEYS + INDICES).map(json.dumps) | STRING
SPACE = st.sampled_from(["", "", " ", "\n", "\r\n\t"])


def joined(parts: list[str], space: str, opening: str, closing: str) -> str:
    return opening + space + f"{space},{space}".join(parts) + space + closing


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.builds("{0}{2}:{2}{1}".format, KEY, inner, SPACE)
    arrays = st.builds(joined, st.lists(inner, max_size=4), SPACE, st.just("["), st.just("]"))
    return arrays | st.builds(joined, st.lists(pair, max_size=6), SPACE, st.just("{"), st.just("}"))


JSON = st.recursive(st.sampled_from(["null", "true", "false"]) | NUMBER | STRING, nested, max_leaves=12)
Node = Callable[[str], str | None]


def read(text: str | bytes | None) -> object:
    """Values with the order of their keys, and doubles: the engine writes 2 ** -24 with a digit too many."""
    assert text is not None
    return json.loads(text, object_pairs_hook=tuple, parse_int=float)


@fuzz(300)
@given(text=JSON)
def test_what_goes_through_is_what_node_reads(through: Through, node: Node, text: str) -> None:
    result = through(text.encode())
    assert result.error is None
    assert read(result.returned) == read(node(text))


@fuzz(100)
@given(text=JSON)
def test_what_is_sent_on_is_the_same(sent: Through, node: Node, text: str) -> None:
    result = sent(text.encode())
    assert result.error is None
    (message,) = result.messages
    written = node(text) or ""
    if "\\ud" not in written:
        assert dict(cast("Any", read(message)))["properties"] == (("value", read(written)),)


SPECIAL = {
    "numbers": ("[-0, 1e400, 9007199254740993, 1e21, 1e-7]", "[0,null,9007199254740992,1e+21,1e-7]"),
    "halves of pairs": (r'["\ud800", "\udc00\ud800"]', r'["\ud800","\udc00\ud800"]'),
    "separators": ('"\u2028\u2029"', '"\u2028\u2029"'),
    "prototype": ('{"__proto__": {"polluted": 1}, "constructor": 2}', '{"__proto__":{"polluted":1},"constructor":2}'),
    "equal keys": ('{"a": 1, "b": 2, "a": 3}', '{"a":3,"b":2}'),
    "small numbers as keys": ('{"b": 1, "2": 1, "1": 1}', '{"1":1,"2":1,"b":1}'),
    "large numbers as keys": ('{"a": 1, "4294967294": 1, "2147483648": 1}', '{"2147483648":1,"4294967294":1,"a":1}'),
    "empty key": ('{"": {"": ""}}', '{"":{"":""}}'),
    "toJSON": ('{"toJSON": 1, "then": 2}', '{"toJSON":1,"then":2}'),
    "nothing": ("null", "null"),
}


@pytest.mark.parametrize(("text", "expected"), SPECIAL.values(), ids=SPECIAL)
def test_special_values(through: Through, text: str, expected: str) -> None:
    assert through(text.encode()).returned.decode() == expected


LARGE = {
    "deep arrays": "[" * 500 + "]" * 500,
    "deep objects": '{"a":' * 500 + "1" + "}" * 500,
    "many keys": json.dumps({f"k{number}": number for number in range(100_000)}, separators=(",", ":")),
    "many elements": json.dumps(list(range(100_000)), separators=(",", ":")),
    "long text": json.dumps("é\n" * 300_000, ensure_ascii=False),
    "long key": json.dumps({"k" * 500_000: 1}, separators=(",", ":")),
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_values(through: Through, text: str) -> None:
    result = through(text.encode())
    assert result.error is None
    assert result.returned.decode() == text


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"NaN",
        b"01",
        b"'a'",
        b"[1,]",
        b'{"a":1,}',
        b"undefined",
        b"1 /* one */",
        b'"\n"',
        b"\xef\xbb\xbf1",
        b"1\0",
    ],
)
def test_what_is_no_json_is_told(through: Through, payload: bytes) -> None:
    result = through(payload)
    assert result.error is not None
    assert (result.error.kind, result.error.name) == (ErrorKind.BAD_REQUEST, "SyntaxError")


def test_what_is_nested_too_deep_is_told(through: Through) -> None:
    result = through(b"[" * 1_000_000 + b"]" * 1_000_000)
    assert result.error is not None
    assert (result.error.kind, result.error.name) == (ErrorKind.BAD_REQUEST, "RangeError")


@fuzz(200)
@given(payload=st.binary(max_size=40) | JSON.map(str.encode).map(lambda text: text[:-1]))
def test_any_bytes_are_json_or_told(through: Through, payload: bytes) -> None:
    result = through(payload)
    if result.error is None:
        json.loads(result.returned)
    else:
        assert (result.error.kind, result.error.name) == (ErrorKind.BAD_REQUEST, "SyntaxError")
