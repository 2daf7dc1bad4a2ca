"""What the sandboxes of an instance share of their `cache`."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.executor.canned import CannedOutside
from services.executor.executor import Program
from services.executor.local import make_executor
from services.executor.outside import Answer, OutgoingRequest
from services.executor.pool import SandboxPool
from services.executor.recording.runs import run_again, run_recorded
from services.executor.results import ErrorKind, Invocation, InvocationResult, Limits
from services.executor.shared_cache import ENTRY_BYTES, IDLE_SWEEPS, CacheLimits, InstanceCache, SharedCaches
from tests.polling import until
from tests.unit.executor.engines import TRACK, cache_dir, program

__all__ = ["cache_dir"]

SLOW = "cache.load('k', -1, async () => (await (await fetch('https://api.example/')).json()).n)"
LOADS = f"async function onTrack() {{ return {SLOW} }}"


class Gated(CannedOutside):
    """Answers each request with its number, once `opened`."""

    def __init__(self) -> None:
        super().__init__({})
        self.opened = asyncio.Event()
        self.urls: list[str] = []

    async def fetch(self, request: OutgoingRequest) -> Answer:
        self.urls.append(request.url)
        number = len(self.urls)
        await self.opened.wait()
        return Answer(200, "OK", request.url, [], json.dumps({"n": number}).encode())


class World:
    """An executor whose requests wait at a gate."""

    def __init__(self, cache_dir: Path) -> None:
        self.gate = Gated()
        self.pool = SandboxPool()
        self.executor = make_executor(cache_dir=cache_dir, outside=self.gate, pool=self.pool)

    def start(self, function: Program, **fields: Any) -> asyncio.Task[InvocationResult]:
        event = Invocation(payload=json.dumps({"type": "track", **fields}).encode())
        return asyncio.create_task(self.executor.run(function, event))

    async def start_waiting(self, function: Program, count: int) -> list[asyncio.Task[InvocationResult]]:
        """Start events in sandboxes of their own; one of them has reached the gate."""
        tasks = [self.start(function) for _ in range(count)]
        await until(lambda: self.gate.urls and self.pool.busy == count)
        return tasks


def values(results: list[InvocationResult]) -> list[Any]:
    assert [result.error for result in results] == [None] * len(results)
    return [json.loads(result.returned) for result in results]


async def test_one_loads_for_all_sandboxes_of_an_instance(cache_dir: Path) -> None:
    world = World(cache_dir)
    tasks = await world.start_waiting(program(LOADS), 4)
    world.gate.opened.set()
    assert values(await asyncio.gather(*tasks)) == [1, 1, 1, 1]
    assert len(world.gate.urls) == 1


async def test_a_failed_load_is_told_to_all_and_not_kept(cache_dir: Path) -> None:
    world = World(cache_dir)
    function = program(
        """async function onTrack({ works }) {
          return cache.load('k', -1, async () => {
            await fetch('https://api.example/');
            if (!works) throw new RetryError('not yet');
            return 'works';
          });
        }"""
    )
    tasks = await world.start_waiting(function, 3)
    world.gate.opened.set()
    errors = [result.error for result in await asyncio.gather(*tasks)]
    assert {(error.kind, error.name, error.message) for error in errors if error} == {
        (ErrorKind.RETRY, "RetryError", "not yet")
    }
    assert len(errors) == 3
    assert len(world.gate.urls) == 1
    assert values([await world.start(function, works=True)]) == ["works"]


async def test_who_waits_for_a_loader_that_ends_loads_by_itself(cache_dir: Path) -> None:
    world = World(cache_dir)
    function = program(LOADS)
    loader = asyncio.create_task(world.executor.run(function, Invocation(payload=TRACK.payload, wall_s=0.2)))
    await until(lambda: world.gate.urls)
    waiter = world.start(function)
    result = await loader
    assert result.error is not None
    assert result.error.kind == ErrorKind.TIMEOUT
    world.gate.opened.set()
    assert values([await waiter]) == [2]


async def test_who_waits_for_a_loader_that_traps_loads_by_itself(cache_dir: Path) -> None:
    world = World(cache_dir)
    function = program(
        """async function onTrack({ loops }) {
          return cache.load('k', -1, async () => {
            await fetch('https://api.example/');
            while (loops);
            return 'loaded';
          });
        }""",
        limits=Limits(fuel=20_000_000),
    )
    loader = world.start(function, loops=True)
    await until(lambda: world.gate.urls)
    waiter = world.start(function)
    await until(lambda: world.pool.busy == 2)
    world.gate.opened.set()
    result = await loader
    assert result.error is not None
    assert result.error.kind == ErrorKind.OUT_OF_FUEL
    assert values([await waiter]) == ["loaded"]


async def test_two_that_load_and_need_what_the_other_loads_come_to_an_end(cache_dir: Path) -> None:
    world = World(cache_dir)
    world.gate.opened.set()
    function = program(
        """const load = (key, then) => cache.load(key, -1, async () => {
          await fetch('https://api.example/');
          return then ? `${key}${await load(then)}` : key;
        });
        async function onTrack({ key, then }) { return load(key, then) }"""
    )
    tasks = [world.start(function, key="a", then="b"), world.start(function, key="b", then="a")]
    first, second = values(await asyncio.gather(*tasks))
    assert {first[0], second[0]} == {"a", "b"}


async def test_a_deletion_is_seen_by_the_next_events_of_all_sandboxes(cache_dir: Path) -> None:
    world = World(cache_dir)
    function = program(
        f"""async function onTrack({{ deletes }}) {{
          if (deletes) cache.delete('k');
          const kept = await cache.load('own', -1, () => new Map());
          return deletes ? null : [{SLOW.replace("cache.load", "await cache.load")}, kept.size];
        }}"""
    )
    tasks = await world.start_waiting(function, 3)
    world.gate.opened.set()
    assert values(await asyncio.gather(*tasks)) == [[1, 0]] * 3
    assert values([await world.start(function, deletes=True)]) == [None]
    world.gate.opened.clear()
    tasks = [world.start(function) for _ in range(3)]
    await until(lambda: len(world.gate.urls) == 2 and world.pool.busy == 3)
    world.gate.opened.set()
    assert values(await asyncio.gather(*tasks)) == [[2, 0]] * 3


async def test_what_no_json_holds_is_loaded_by_each_sandbox(cache_dir: Path) -> None:
    world = World(cache_dir)
    function = program(
        """async function onTrack() {
          const map = await cache.load('k', -1, async () => {
            await fetch('https://api.example/');
            return new Map([['a', 1]]);
          });
          return map.get('a');
        }"""
    )
    tasks = await world.start_waiting(function, 3)
    world.gate.opened.set()
    assert values(await asyncio.gather(*tasks)) == [1, 1, 1]
    assert len(world.gate.urls) == 3


async def test_other_instances_and_test_runs_start_empty(cache_dir: Path) -> None:
    world = World(cache_dir)
    world.gate.opened.set()
    programs = [program(LOADS, key=key, once=once) for key, once in [("a", False), ("b", False), ("a", True)]]
    results = [await world.start(each) for each in [*programs, *programs]]
    # The two instances have theirs the second time, the test runs never.
    assert values(results) == [1, 2, 3, 1, 2, 4]


async def test_what_the_cache_answers_is_recorded_and_replayed(cache_dir: Path) -> None:
    world = World(cache_dir)
    world.gate.opened.set()
    function = program(f"async function onTrack() {{ return [await {SLOW}, await {SLOW}, Date.now()] }}")
    runs = [await run_recorded(world.executor, function, TRACK, outside=world.gate, sensitive={}) for _ in range(2)]
    assert [json.loads(result.returned)[:2] for result, _record in runs] == [[1, 1], [1, 1]]
    # The second sandbox is warm and asks for nothing; a fresh one finds the value with the host.
    world.pool.close()
    runs.append(await run_recorded(world.executor, function, TRACK, outside=world.gate, sensitive={}))
    for result, record in (runs[0], runs[2]):
        again, differing = await run_again(world.executor, function, record, settings={})
        assert (again.returned, again.usage.fuel, differing) == (result.returned, result.usage.fuel, [])
    assert [len(record.requests) for _result, record in runs] == [1, 0, 0]
    assert len(world.gate.urls) == 1


# --- bounds -----------------------------------------------------------------------------------------------------------
def new_cache(limits: CacheLimits, on_grown: Callable[[int], None] = lambda _bytes: None) -> InstanceCache:
    return InstanceCache(limits, epochs=itertools.count(), on_grown=on_grown)


@given(
    puts=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 400), st.sampled_from("pgd"))),
    entries=st.integers(1, 5),
    most_bytes=st.integers(200, 2000),
)
def test_a_cache_holds_no_more_than_its_bounds(puts: list[tuple[str, int, str]], entries: int, most_bytes: int) -> None:
    total = 0

    def grown(added: int) -> None:
        nonlocal total
        total += added

    cache = new_cache(CacheLimits(entries=entries, bytes=most_bytes), grown)
    model: dict[str, str] = {}
    for key, length, what in puts:
        if what == "p":
            model.pop(key, None)
            cache.put(key, "é" * length, None)
            if 2 * length + 1 + ENTRY_BYTES <= most_bytes:
                model[key] = "é" * length
            while len(model) > entries or sum(map(size, model.values())) > most_bytes:
                del model[next(iter(model))]
        elif what == "d":
            model.pop(key, None)
            cache.delete(key)
        else:
            found = cache.get(key, 0)
            assert (found["text"] if found else None) == model.get(key)
            if key in model:
                model[key] = model.pop(key)
        assert cache.bytes == total == sum(map(size, model.values()))


def size(text: str) -> int:
    return 1 + len(text.encode()) + ENTRY_BYTES


def test_a_value_expires() -> None:
    cache = new_cache(CacheLimits())
    cache.put("k", "1", 1000.0)
    assert cache.get("k", 999.0) == {"text": "1", "expires_ms": 1000.0}
    assert cache.get("k", 1000.0) is None
    assert cache.bytes == 0


def test_all_caches_together_are_bounded_and_the_idle_ones_go() -> None:
    caches = SharedCaches(CacheLimits(total_bytes=1000))
    first, second = caches.of("first"), caches.of("second")
    first.put("k", "x" * 300, None)
    second.put("k", "x" * 300, None)
    assert caches.of("first") is first
    second.put("other", "x" * 300, None)
    # Of the two it was used longer ago.
    assert (second.bytes, first.bytes) == (0, caches.bytes)
    for _ in range(IDLE_SWEEPS):
        caches.sweep()
    assert caches.of("first") is first
    caches.sweep()
    assert caches.of("second") is not second
    assert caches.of("first") is first


def test_each_deletion_begins_an_epoch_of_its_own(cache_dir: Path) -> None:
    caches = SharedCaches()
    epochs = [caches.of("a").epoch, caches.of("b").epoch]
    for key in "abab":
        caches.of(key).delete("k")
        epochs.append(caches.of(key).epoch)
    assert len(set(epochs)) == len(epochs)
    assert {len(epoch) for epoch in epochs} == {12}
