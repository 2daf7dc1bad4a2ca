"""What one run leaves behind and another must not find: of another instance, another workspace, another event."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import result_pb2
from services.executor.canned import CannedOutside
from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits
from tests.images import cache_dir
from tests.integration.executor.test_executor import Installation, installation
from tests.nats import nats_server
from tests.polling import until

__all__ = ["cache_dir", "installation", "nats_server"]

ANSWERS = {
    "GET https://api.example/never": {"delay_ms": 60_000},
    "GET https://api.example/soon": {"delay_ms": 10},
    "*": {},
}
# The function does as the event says; what it leaves and what it finds are its instance's.
ON_TRACK = "async function onTrack(event, settings) {{ if (event.leave) {{ {leave} }} else {{ return {found} }} }}"
ON_REQUEST = "async function onRequest(request) {{ if (request.json().leave) {{ {leave} }} else {{ {found} }} }}"
PAUSE = "await new Promise((resolve) => setTimeout(resolve, 30))"


class Clock(CannedOutside):
    """Goes on by a second whenever it is read."""

    seconds = 1_700_000_000

    def now_ns(self) -> int:
        self.seconds += 1
        return self.seconds * 1_000_000_000


@pytest.fixture
def executor(cache_dir: Path) -> Executor:
    return make_executor(cache_dir=cache_dir, outside=Clock(ANSWERS), pool=SandboxPool())


def program(code: str, *, key: str = "ins_1", **more: Any) -> Program:
    kind = FunctionKind.SOURCE if "onRequest" in code else FunctionKind.DESTINATION
    return Program(key=key, code=code, digest=digest_of(code), kind=kind, **more)


def event(**fields: Any) -> Invocation:
    return Invocation(payload=json.dumps({"type": "track", **fields}).encode())


def request(**fields: Any) -> Invocation:
    record = {"method": "POST", "url": "https://fn.example/", "headers": [], "body": json.dumps(fields)}
    return Invocation(payload=json.dumps(record).encode())


def value(result: InvocationResult) -> Any:
    assert result.error is None, result.error
    return json.loads(result.returned)


def texts(result: InvocationResult) -> list[str]:
    return [line.text for line in result.logs]


LEFT_IN_A_SANDBOX = {
    "a variable": ("kept = 'left'", "typeof kept === 'undefined' ? 'clean' : kept"),
    "a property of the global object": ("globalThis.kept = 'left'", "globalThis.kept ?? 'clean'"),
    "a prototype": ("Array.prototype.kept = 'left'", "[].kept ?? 'clean'"),
    "a built-in function": ("JSON.parse = () => 'left'", "JSON.parse('\"clean\"')"),
    "the cache": ("await cache.load('key', -1, () => 'left')", "cache.load('key', -1, () => 'clean')"),
    "lodash": ("_.templateSettings.kept = 'left'", "_.templateSettings.kept ?? 'clean'"),
    "a handler": ("onTrack = () => 'left'", "'clean'"),
    "much memory": ("globalThis.much = new Uint8Array(2e7).fill(1)", "globalThis.much ? 'left' : 'clean'"),
    "a registered symbol": ("Symbol.for('kept').constructor.kept = 'left'", "Symbol.kept ?? 'clean'"),
}


@pytest.mark.parametrize("attempt", LEFT_IN_A_SANDBOX)
async def test_no_state_crosses_between_instances(executor: Executor, attempt: str) -> None:
    leave, found = LEFT_IN_A_SANDBOX[attempt]
    code = ON_TRACK.format(leave=leave, found=found)
    results = [
        await executor.run(program(code, key=key), event(leave=leaves))
        for key, leaves in (("ins_2", False), ("ins_1", True), ("ins_1", False), ("ins_2", False), ("ins_3", False))
    ]
    # The same instance finds it: the attempt is one.
    assert value(results[2]) == "left"
    assert [value(results[n]) for n in (0, 3, 4)] == ["clean"] * 3
    assert [results[n].usage.earlier_events for n in (3, 4)] == [1, 0]


@pytest.mark.parametrize("attempt", LEFT_IN_A_SANDBOX)
async def test_isolated_invocations_start_from_the_image(executor: Executor, attempt: str) -> None:
    leave, found = LEFT_IN_A_SANDBOX[attempt]
    isolated = program(ON_TRACK.format(leave=leave, found=found), fresh=True)
    await executor.run(isolated, event(leave=True))
    after = await executor.run(isolated, event())
    assert (value(after), after.usage.cold) == ("clean", True)


async def test_isolated_invocations_keep_what_the_top_level_made(executor: Executor) -> None:
    code = "const made = { events: 0 }; function onTrack() { return ++made.events }"
    results = await asyncio.gather(*(executor.run(program(code, fresh=True), event()) for _ in range(10)))
    assert [value(result) for result in results] == [1] * 10


async def test_a_settings_object_is_the_event_s_own(executor: Executor) -> None:
    code = ON_TRACK.format(leave="settings.list.push('left'); settings.kept = 1", found="settings")
    function = program(code, settings=b'{"list":[]}')
    await executor.run(function, event(leave=True))
    after = await executor.run(function, event())
    assert (value(after), after.usage.earlier_events) == ({"list": []}, 1)


# Left by an event, looked for by the next of the same sandbox: what it logs and sends must be its own.
LEFT_BY_AN_EVENT = {
    "an interval": ("setInterval(() => console.log('left'), 1)", PAUSE),
    "a timer": ("setTimeout(() => console.log('left'), 10)", PAUSE),
    "the timeout of a signal": (
        "AbortSignal.timeout(10).addEventListener('abort', () => console.log('left'))",
        PAUSE,
    ),
    "a request without an answer": (
        "fetch('https://api.example/never').finally(() => { console.log('left'); Segment.track(left) })",
        PAUSE,
    ),
    "a microtask of a rejection's reason": (
        """const late = () => { console.log('left'); Segment.track(left) };
        Promise.reject({ get stack() { queueMicrotask(late); return '' } })""",
        PAUSE,
    ),
    "a rejection in such a microtask": (
        """const late = () => { Promise.reject(new Error('left')) };
        Promise.reject({ get stack() { queueMicrotask(late); return '' } })""",
        PAUSE,
    ),
    "a microtask of a message": (
        "Segment.track({ ...left, properties: { toJSON() { queueMicrotask(() => console.log('left')); return {} } } })",
        PAUSE,
    ),
    "a group of the console": ("console.group()", "console.log('found')"),
    "a counter of the console": ("console.count('n')", "console.count('n')"),
    "a timer of the console": ("console.time('t')", "console.timeEnd('t')"),
    "a full log": ("for (let i = 0; i < 1000; i++) console.log('x'.repeat(1000))", "console.log('found')"),
    "a load of the cache": (
        "cache.load('key', -1, () => new Promise(() => {}))",
        "console.log(await cache.load('key', -1, () => 'found'))",
    ),
}
FOUND = {
    "a group of the console": ["found"],
    "a counter of the console": ["n: 1"],
    "a timer of the console": ["No such label 't' for console.timeEnd()"],
    "a full log": ["found"],
    "a load of the cache": ["found"],
}


@pytest.mark.parametrize("attempt", LEFT_BY_AN_EVENT)
async def test_nothing_of_an_event_appears_in_the_next(executor: Executor, attempt: str) -> None:
    leave, found = LEFT_BY_AN_EVENT[attempt]
    code = f"const left = {{ event: 'left', userId: 'u' }}; {ON_REQUEST.format(leave=leave, found=found)}"
    function = program(code, limits=Limits(wall_s=0.2))
    assert (await executor.run(function, request(leave=True))).error is None
    after = await executor.run(function, request())
    assert (after.error, texts(after), after.messages, after.requests) == (None, FOUND.get(attempt, []), [], [])
    assert after.usage.earlier_events == 1


async def test_what_an_event_does_late_is_its_own(executor: Executor) -> None:
    leave = """
      Promise.reject(new Error('rejected'));
      fetch('https://api.example/soon').then(() => {
        console.log('answered');
        Segment.track({ event: 'late', userId: 'u' });
      });
      Segment.track({ event: 'in time', userId: 'u' });
    """
    function = program(ON_REQUEST.format(leave=leave, found=PAUSE))
    first, second = [await executor.run(function, request(leave=leaves)) for leaves in (True, False)]
    rejected, answered = texts(first)
    assert rejected.startswith("Unhandled promise rejection: Error: rejected")
    assert answered == "answered"
    assert [json.loads(message)["event"] for message in first.messages] == ["in time"]
    assert (texts(second), second.messages, second.requests) == ([], [], [])
    assert second.usage.earlier_events == 1


async def test_a_failed_event_leaves_no_messages_to_the_next(executor: Executor) -> None:
    leave = "Segment.track({ event: 'left', userId: 'u' }); throw new Error('failed')"
    function = program(ON_REQUEST.format(leave=leave, found="Segment.track({ event: 'own', userId: 'u' })"))
    first, second = [await executor.run(function, request(leave=leaves)) for leaves in (True, False)]
    assert (first.error is not None, first.messages) == (True, [])
    assert [json.loads(message)["event"] for message in second.messages] == ["own"]


async def test_suspended_events_of_an_instance_keep_apart(executor: Executor) -> None:
    code = """
    let mine = null;
    async function onRequest(request) {
      const { n } = request.json();
      mine = n;
      Array.prototype.mine = n;
      const kept = await cache.load('mine', -1, () => n);
      console.log(`log ${n}`);
      Segment.track({ event: `before ${n}`, userId: 'u' });
      const timer = setInterval(() => console.log(`tick ${n}`), 10);
      await fetch(`https://api.example/${n}`);
      await new Promise((resolve) => setTimeout(resolve, 50 - 5 * n));
      clearInterval(timer);
      Promise.reject(`rejected ${n}`);
      Segment.track({ event: `after ${n}`, userId: 'u' });
      return [mine, [].mine, kept];
    }"""
    results = await asyncio.gather(*(executor.run(program(code), request(n=n)) for n in range(8)))
    # Only what it caches is its instance's.
    assert len({value(result)[2] for result in results}) == 1
    for n, result in enumerate(results):
        assert value(result)[:2] == [n, n]
        assert set(texts(result)) - {f"tick {n}"} == {f"log {n}", f"Unhandled promise rejection: Error: rejected {n}"}
        assert [json.loads(message)["event"] for message in result.messages] == [f"before {n}", f"after {n}"]
        assert [record.url for record in result.requests] == [f"https://api.example/{n}"]


DRAWS = "[Math.random(), crypto.randomUUID(), crypto.randomBytes(8).toString('hex'), _.random(0, 2 ** 50)]"


async def test_no_random_sequence_is_drawn_twice(executor: Executor) -> None:
    code = f"""async function onTrack() {{
      const before = Array.from({{ length: 50 }}, () => {DRAWS});
      await new Promise((resolve) => setTimeout(resolve, 10));
      return [...before, ...Array.from({{ length: 50 }}, () => {DRAWS})].flat();
    }}"""
    same_sandbox = [await executor.run(program(code), event()) for _ in range(3)]
    suspended = await asyncio.gather(*(executor.run(program(code), event()) for _ in range(4)))
    others = [await executor.run(program(code, key=f"ins_{n}"), event()) for n in range(2, 5)]
    isolated = [await executor.run(program(code, key="ins_5", fresh=True), event()) for _ in range(3)]
    drawn = Counter(each for result in (*same_sandbox, *suspended, *others, *isolated) for each in value(result))
    assert same_sandbox[-1].usage.earlier_events == 2
    assert len(drawn) == drawn.total() == 13 * 400


async def test_fresh_sandboxes_of_an_image_differ_at_the_top_level(executor: Executor) -> None:
    code = f"const drawn = [...{DRAWS}, Date.now(), new Date().toISOString()]; function onTrack() {{ return drawn }}"
    first, again, other = [await executor.run(program(code, key=key), event()) for key in ("ins_1", "ins_1", "ins_2")]
    assert value(first) == value(again)
    assert all(mine != theirs for mine, theirs in zip(value(first), value(other), strict=True))


# --- as deployed -----------------------------------------------------------------------------------------------------
async def test_workspaces_share_code_and_nothing_else(installation: Installation) -> None:
    code = """let events = 0;
    async function onTrack(event, settings) {
      Array.prototype.owner ??= settings.owner;
      console.log(settings.owner);
      return [++events, [].owner, await cache.load('owner', -1, () => settings.owner), settings];
    }"""
    for n in (1, 2):
        settings = json.dumps({"owner": f"ws_{n}"}).encode()
        await installation.deploy(f"ins_{n}", code, workspace_id=f"ws_{n}", settings=settings)
        await installation.known(f"ins_{n}", [1, f"ws_{n}", f"ws_{n}", {"owner": f"ws_{n}"}])
    for n, events in ((1, 2), (2, 2), (1, 3)):
        (result,) = await installation.invoke(f"ins_{n}")
        assert json.loads(result.returned) == [events, f"ws_{n}", f"ws_{n}", {"owner": f"ws_{n}"}]
        assert [line.text for line in result.logs] == [f"ws_{n}"]


async def test_after_a_trap_the_batch_goes_on_in_a_new_sandbox(installation: Installation) -> None:
    code = """let before = [];
    async function onTrack({ n, does }) {
      before.push(n);
      if (does === 'loop') for (;;);
      if (does === 'grow') for (;;) before.push(new ArrayBuffer(1e6));
      if (does === 'dive') JSON.parse('['.repeat(1e6));
      if (does === 'hang') await new Promise(() => {});
      return before;
    }"""
    bounds = config_pb2.Limits(fuel=500_000_000, memory_bytes=32 * 1024 * 1024)
    await installation.deploy("ins_1", code, limits=bounds)
    await installation.known("ins_1", [None])
    ends = {10: "loop", 20: "grow", 30: "dive", 40: "hang"}
    events = [json.dumps({"type": "track", "n": n, "does": ends.get(n)}).encode() for n in range(50)]
    results = {int(result.id): result for result in await installation.invoke("ins_1", events)}
    assert {n: result_pb2.ErrorKind.Name(results[n].error.kind) for n in ends} == {
        10: "ERROR_KIND_OUT_OF_FUEL",
        20: "ERROR_KIND_OUT_OF_MEMORY",
        30: "ERROR_KIND_BAD_REQUEST",
        40: "ERROR_KIND_TIMEOUT",
    }
    for n, result in results.items():
        if n not in ends:
            ran_before = json.loads(result.returned)
            assert not set(ran_before) & set(ends)
            assert len(ran_before) == result.usage.earlier_events + 1


async def test_events_that_wait_for_a_hanging_instance_hold_no_place_of_their_workspace(cache_dir: Path) -> None:
    executor = make_executor(cache_dir=cache_dir, outside=Clock(ANSWERS), pool=SandboxPool(per_key=1))
    limited: dict[str, Any] = {"workspace_id": "ws_1", "concurrency": 2}
    hanging = program("async function onTrack() { await fetch('https://api.example/never') }", **limited)
    healthy = program("function onTrack() { return 1 }", key="ins_2", **limited)
    held = [asyncio.create_task(executor.run(hanging, event())) for _ in range(5)]
    await until(lambda: executor.pool.busy == len(held))
    result = await executor.run(healthy, event())
    assert (result.error, result.returned) == (None, b"1")
    assert not any(each.done() for each in held)
    for each in held:
        each.cancel()
    await asyncio.gather(*held, return_exceptions=True)
