"""Events in sandboxes whose engine lies: the event fails, the process lives, the next event is right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.executor.v1 import executor_service_pb2
from services.executor.canned import CannedOutside
from services.executor.conversion import write_result
from services.executor.engine import Engine
from services.executor.image import Image
from services.executor.results import ErrorKind, FunctionKind, Invocation, InvocationResult, Limits
from services.executor.run import Run
from services.executor.sandbox import Sandbox
from services.executor.shared_cache import SharedCaches
from services.executor.turns import Turns
from tests.fuzz import fuzz
from tests.unit.executor.hostile import DATA, Action, Deed, hostile_engine, hostile_image, says

LIMITS = Limits(fuel=10_000_000, memory_bytes=4 * 1024 * 1024, wall_s=0.05)
OUTSIDE = CannedOutside({"*": {}})
EVENT = Invocation(id="evt_1", payload=b'{"type":"track"}', traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
FINE = b'{"settled":true,"error":null,"outbox":[]}\n"fine"'


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return hostile_engine(tmp_path_factory.mktemp("hostile") / "images")


async def run_once(engine: Engine, deeds: Sequence[Deed], data: bytes) -> InvocationResult:
    image = Image(engine, hostile_image(engine, deeds, data), is_stored=True)
    sandbox = Sandbox(image=image, limits=LIMITS, turns=Turns())
    run = Run(
        sandbox=sandbox,
        invocation=EVENT,
        kind=FunctionKind.DESTINATION,
        settings=b"{}",
        limits=LIMITS,
        outside=OUTSIDE,
        cache=SharedCaches().new(),
    )
    result = await run.result()
    sandbox.end()
    assert len(asyncio.all_tasks()) == 1
    # What an event came to can be told.
    message = executor_service_pb2.InvokeOneResponse().result
    write_result(message, result)
    message.SerializeToString()
    for each in (*result.messages, *result.objects):
        json.loads(each, parse_constant=pytest.fail)
    return result


def run(engine: Engine, deeds: Sequence[Deed], data: bytes = b"") -> InvocationResult:
    """Run an event in a sandbox of these deeds, and an honest one after it."""

    async def both() -> InvocationResult:
        result = await run_once(engine, deeds, data)
        after = await run_once(engine, *says(FINE))
        assert (after.error, after.returned) == (None, b'"fine"')
        return result

    return asyncio.run(both())


def kind_of(result: InvocationResult) -> ErrorKind | None:
    return result.error.kind if result.error else None


@pytest.mark.parametrize(
    ("deed", "kind"),
    [
        (Deed(action=Action.UNREACHABLE), ErrorKind.SANDBOX_FAULT),
        (Deed(action=Action.OUT_OF_BOUNDS), ErrorKind.SANDBOX_FAULT),
        (Deed(action=Action.DIVIDE_BY_ZERO), ErrorKind.SANDBOX_FAULT),
        (Deed(action=Action.BAD_INDIRECT_CALL), ErrorKind.SANDBOX_FAULT),
        (Deed(action=Action.LOOP), ErrorKind.OUT_OF_FUEL),
        (Deed(action=Action.RECURSE), ErrorKind.BAD_REQUEST),
        (Deed(grow_pages=62, action=Action.UNREACHABLE), ErrorKind.OUT_OF_MEMORY),
        (Deed(output=0), ErrorKind.SANDBOX_FAULT),
        (Deed(returned_bytes=2**20, kind=2), ErrorKind.SANDBOX_FAULT),
        (Deed(output=-1, output_bytes=2), ErrorKind.SANDBOX_FAULT),
        (Deed(output_bytes=-1), ErrorKind.BAD_REQUEST),
        (Deed(output=DATA, output_bytes=100, kind=7), ErrorKind.SANDBOX_FAULT),
        (Deed(host_calls=2**31, text=DATA, text_bytes=-1), ErrorKind.OUT_OF_FUEL),
    ],
)
def test_each_way_to_end_is_told(engine: Engine, deed: Deed, kind: ErrorKind) -> None:
    assert kind_of(run(engine, [deed])) == kind


def state(*outbox: object, settled: object = True, error: object = None) -> bytes:
    return json.dumps({"settled": settled, "error": error, "outbox": outbox}).encode() + b"\n"


FETCH: dict[str, Any] = {"id": 1, "method": "GET", "url": "https://a.example/", "headers": []}
NO_STATE = {
    "no JSON": b"{",
    "no UTF-8": b'{"settled":true,"error":null,"outbox":[["log",{"text":"\xff"}]]}',
    "surrogates in UTF-8": b'{"settled":true,"error":null,"outbox":[["message",{"a":"\xed\xa0\x80"}]]}',
    "UTF-16": '{"settled":true,"error":null,"outbox":[]}'.encode("utf-16"),
    "a number": b"7",
    "a long number": b'{"settled":true,"error":null,"outbox":[' + b"9" * 5000 + b"]}",
    "no fields": b"{}",
    "outbox is a text": b'{"settled":true,"error":null,"outbox":"ab"}',
    "error is a text": state(error="x"),
    "error without fields": state(error={"name": "Error"}),
    "error of numbers": state(error={"name": 1, "message": 2, "stack": 3, "loading": False}),
    "a record of no kind": state(["shout", {}]),
    "a record of one": state(["log"]),
    "a record of three": state(["log", {}, {}]),
    "a kind that is a list": state([[], {}]),
    "a log of no time": state(["log", {"level": "info", "text": "x"}]),
    "a log whose level is a list": state(["log", {"time_ms": 1, "level": [], "text": "x"}]),
    "a log whose text is an object": state(["log", {"time_ms": 1, "level": "info", "text": {}}]),
    "a message without end": b'{"settled":true,"error":null,"outbox":[["message",{"a":1e400}]]}\n',
    "a message that is no number": b'{"settled":true,"error":null,"outbox":[["object",{"a":NaN}]]}\n',
    "an id that is a text": state(["fetch", {**FETCH, "id": "1"}]),
    "an id that is true": state(["timer", {"id": True, "delay_ms": 1}]),
    "an id that is negative": state(["timer", {"id": -1, "delay_ms": 1}]),
    "an id that is huge": state(["timer", {"id": 10**30, "delay_ms": 1}]),
    "an id of a fraction": state(["cancel", {"id": 1.5}]),
    "an id twice": state(["timer", {"id": 1, "delay_ms": 1}], ["fetch", FETCH], settled=False),
    "a delay that is true": state(["timer", {"id": 1, "delay_ms": True}]),
    "a delay without end": b'{"settled":false,"error":null,"outbox":[["timer",{"id":1,"delay_ms":1e999}]]}\n',
    "headers that are a number": state(["fetch", {**FETCH, "headers": 1}]),
    "headers of three": state(["fetch", {**FETCH, "headers": [["a", "b", "c"]]}]),
    "headers of numbers": state(["fetch", {**FETCH, "headers": [[1, 2]]}]),
    "a body that is a list": state(["fetch", {**FETCH, "body": []}]),
    "a body that is a text": state(["fetch", {**FETCH, "body": "text"}]),
    "a body of no base64": state(["fetch", {**FETCH, "body": {"base64": "é"}}]),
    "a url that is an object": state(["fetch", {**FETCH, "url": {}}]),
    "a class that is a number": state(
        error={"name": "E", "message": "", "stack": "", "loading": False, "own_class": 7}
    ),
    "a load of no key": state(["cache_load", {"id": 1}], settled=False),
    "a load without an id": state(["cache_load", {"key": "k"}], settled=False),
    "a key that is too long": state(["cache_delete", {"key": "k" * 1025}]),
    "a key that is a list": state(["cache_own", {"key": []}]),
    "a stored number": state(["cache_store", {"key": "k", "text": 1, "ttl_ms": 1}]),
    "a lifetime without end": state(["cache_store", {"key": "k", "text": "1", "ttl_ms": 1e305}]),
    "a failure of no name": state(["cache_fail", {"key": "k", "message": ""}]),
    "a timeout that is a list": state(["fetch", {**FETCH, "timeout_ms": [1]}]),
}


@pytest.mark.parametrize("output", NO_STATE.values(), ids=NO_STATE)
def test_an_output_of_another_form_is_a_fault(engine: Engine, output: bytes) -> None:
    assert kind_of(run(engine, *says(output))) == ErrorKind.SANDBOX_FAULT


def test_what_is_nested_too_deep_is_an_error_of_the_function(engine: Engine) -> None:
    deep = b'["message",' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"]"
    result = run(engine, *says(b'{"settled":true,"error":null,"outbox":[' + deep + b"]}\n"))
    assert kind_of(result) == ErrorKind.BAD_REQUEST


def test_thousands_of_records_are_too_many(engine: Engine) -> None:
    timers = [["timer", {"id": number, "delay_ms": 1}] for number in range(1, 1500)]
    assert kind_of(run(engine, *says(state(*timers, settled=False)))) == ErrorKind.BAD_REQUEST


def test_more_requests_than_allowed_are_refused_one_by_one(engine: Engine) -> None:
    fetches = [["fetch", {**FETCH, "id": number}] for number in range(1, 300)]
    result = run(engine, *says(state(*fetches), FINE))
    assert (kind_of(result), len(result.requests)) == (None, LIMITS.requests)


@pytest.mark.parametrize("delay_ms", [-(10**9), 0, 1e-300, 1e15, 1e299])
def test_any_delay_is_waited_for_or_cut(engine: Engine, delay_ms: float) -> None:
    waiting = state(["timer", {"id": 1, "delay_ms": delay_ms}], settled=False)
    assert kind_of(run(engine, *says(waiting, FINE))) in (None, ErrorKind.TIMEOUT)


def test_ids_used_again_after_their_end_are_new(engine: Engine) -> None:
    timer = ["timer", {"id": 1, "delay_ms": 0}]
    again = state(["cancel", {"id": 1}], timer, settled=False)
    result = run(engine, *says(state(timer, settled=False), again, again, FINE))
    assert (result.error, result.returned) == (None, b'"fine"')


NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, 2, 3, 2**53, 2**53 + 1, 1e308, -1])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.sampled_from(["\ud800", "info", "follow"])
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
FIELDS = ("time_ms", "level", "text", "delay_ms", "method", "url", "body", "redirect", "timeout_ms", "a")
IDS = st.integers(1, 4) | SCALARS
HEADERS = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=3) | JSON
RECORD = st.fixed_dictionaries({}, optional={**dict.fromkeys(FIELDS, JSON), "id": IDS, "headers": HEADERS})
NEARLY_RIGHT = st.one_of(
    st.fixed_dictionaries({"time_ms": NUMBERS, "level": st.text(max_size=4), "text": st.text(max_size=9)}),
    st.fixed_dictionaries({"id": IDS, "delay_ms": NUMBERS}),
    st.fixed_dictionaries({"id": IDS, "key": st.text(max_size=1), "text": st.text(max_size=3), "ttl_ms": NUMBERS}),
    st.fixed_dictionaries({"id": IDS, "method": SCALARS, "url": st.text(max_size=9), "headers": HEADERS}),
)
CACHE_KINDS = ("cache_load", "cache_store", "cache_fail", "cache_own", "cache_delete")
KINDS = st.sampled_from(["log", "message", "object", "fetch", "timer", "cancel", *CACHE_KINDS])
OUTBOX = st.lists(st.tuples(KINDS, NEARLY_RIGHT | RECORD) | JSON, max_size=6)
ERROR = st.none() | st.fixed_dictionaries(
    {"name": SCALARS, "message": st.text(max_size=5), "stack": st.text(max_size=5), "loading": st.booleans()}
)
STATE = st.fixed_dictionaries({"settled": st.booleans() | JSON, "error": ERROR, "outbox": OUTBOX})
OUTPUT = STATE.map(json.dumps).map(str.encode) | JSON.map(json.dumps).map(str.encode) | st.binary(max_size=50)


@fuzz(100)
@given(outputs=st.lists(OUTPUT, min_size=1, max_size=3))
def test_whatever_it_says_the_event_ends_and_the_next_is_right(engine: Engine, outputs: list[bytes]) -> None:
    result = run(engine, *says(*(output + b"\n1" for output in outputs)))
    assert result.id == "evt_1"
    assert result.usage.fuel <= LIMITS.fuel
