"""What an image may hold: nothing that two sandboxes must not share."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from services.executor.executor import Executor
from services.executor.images import CodeFaultError
from services.executor.results import Invocation
from tests.unit.executor.engines import TRACK, cache_dir, executor, program, run

__all__ = ["cache_dir", "executor"]

PURE = {
    "nothing": "function onTrack() {}",
    "data": "const table = Array.from({ length: 1000 }, (_x, n) => ({ n })); let count = 0; function onTrack() {}",
    "settled promise": "let done; Promise.resolve(1).then((n) => { done = n }); function onTrack() {}",
    "given dates": "const day = new Date(2026, 1, 1).toISOString(); function onTrack() {}",
}
IMPURE = {
    "clock": "const at = Date.now(); function onTrack() {}",
    "new date": "const at = new Date(); function onTrack() {}",
    "performance": "const at = performance.now(); function onTrack() {}",
    "random": "const id = Math.random(); function onTrack() {}",
    "uuid": "const id = crypto.randomUUID(); function onTrack() {}",
    "hash": "const id = crypto.createHash('md5').update('x').digest('hex'); function onTrack() {}",
    "request": "const token = fetch('https://api.example/token'); function onTrack() {}",
    "timer": "setTimeout(() => {}, 10); function onTrack() {}",
    "log": "console.log('loaded'); function onTrack() {}",
    "late random": "let id; Promise.resolve().then(() => { id = Math.random() }); function onTrack() {}",
    "large": "const table = new Uint8Array(20e6).fill(1); function onTrack() {}",
    "error": "throw new Error('no'); function onTrack() {}",
    "endless": "for (;;); function onTrack() {}",
}


@pytest.mark.parametrize("code", PURE.values(), ids=PURE)
async def test_a_pure_top_level_is_baked(executor: Executor, code: str) -> None:
    top_level = await executor.check(code)
    assert top_level.pure
    assert top_level.handlers == ("onTrack",)


@pytest.mark.parametrize("code", IMPURE.values(), ids=IMPURE)
async def test_a_top_level_that_asks_for_something_fresh_is_not(executor: Executor, code: str) -> None:
    assert not (await executor.check(code)).pure


def test_a_new_image_is_mapped_from_its_file(executor: Executor) -> None:
    code = f"const version = {time.time_ns()}; function onTrack() {{}}"
    image = executor._builder.load(code)
    assert not image.is_stored
    executor._builder.store(code, image)
    assert executor._builder.key(code) in Path("/proc/self/maps").read_text()
    image.module.close()


@pytest.mark.parametrize(
    "expression", ["Math.random()", "crypto.randomUUID()", "crypto.randomBytes(8).toString('hex')"]
)
async def test_no_two_fresh_sandboxes_draw_the_same(executor: Executor, expression: str) -> None:
    code = f"const early = {expression}; function onTrack() {{ return [early, {expression}, {expression}] }}"
    drawn: list[object] = []
    for _ in range(4):
        drawn += json.loads((await run(executor, code, fresh=True)).returned)
    assert len(set(drawn)) == len(drawn)


async def test_numbers_of_one_sandbox_differ_from_event_to_event(executor: Executor) -> None:
    function = program("function onTrack() { return Math.random() }")
    drawn = {(await executor.run(function, TRACK)).returned for _ in range(4)}
    assert len(drawn) == 4


async def test_the_clock_is_the_time_of_the_event(executor: Executor) -> None:
    result = await run(executor, "function onTrack() { return [Date.now(), new Date().getTime()] }")
    times = json.loads(result.returned)
    assert times[0] == times[1] == result.started_ns // 1_000_000


async def test_code_that_does_not_compile_is_told_where(executor: Executor) -> None:
    with pytest.raises(CodeFaultError) as caught:
        await executor.check("function onTrack() {\n  let a = 1;\n  let a = 2;\n}")
    fault = caught.value.fault
    assert (fault.message, fault.line, fault.column) == ("Identifier 'a' has already been declared", 3, 7)


def test_an_image_is_known_by_its_code(executor: Executor) -> None:
    builder = executor._builder
    assert builder.key("a = 1") == builder.key("a = 1")
    assert builder.key("a = 1") != builder.key("a = 2")


DIRTY = """
let seen = 0;
const kept = [];
Array.prototype.extra = 'x';
async function onTrack(event) {
  seen += 1;
  globalThis.left = (globalThis.left ?? 0) + 1;
  Object.prototype.toString = () => 'poisoned';
  for (let i = 0; i < event.n; i++) kept.push({ i, text: 'é'.repeat(i) });
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, 1));
  if (event.fail) throw new Error('no');
  return [seen, globalThis.left, kept.length, Math.random()];
}"""


@pytest.mark.parametrize("fields", ['"n":10', '"n":2000', '"n":1,"wait":true', '"n":1,"fail":true', '"n":100000'])
async def test_a_restarted_sandbox_is_the_image_again(executor: Executor, fields: str) -> None:
    function = program(DIRTY, fresh=True)
    event = Invocation(payload=b'{"type":"track",%b}' % fields.encode())
    results = [await executor.run(function, event) for _ in range(3)]
    assert all(result.usage.cold for result in results)
    numbers = [json.loads(result.returned)[:2] for result in results if result.returned]
    assert all(each == [1, 1] for each in numbers)
    image = await executor._images.get(function.digest, function.code)
    untouched, size = image._untouched, image._untouched.memory_bytes()
    place = executor.pool._places.get(function.key)  # none where the memory has grown
    for sandbox, _size in place.free if place else []:
        assert sandbox._guest.read(0, size) == untouched.read(0, size)
