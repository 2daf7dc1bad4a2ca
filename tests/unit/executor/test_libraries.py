"""Libraries loaded on use: found by the words in the code, evaluated once, kept with the image."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.base_images import BaseImage, BaseImages
from services.executor.canned import CannedOutside
from services.executor.engine import Engine
from services.executor.executor import Executor
from services.executor.host_functions import answer_host_call, call_host_function
from services.executor.image_directory import ImageDirectory
from services.executor.images import ImageBuilder, ImageCache
from services.executor.libraries import Libraries
from services.executor.local import DIST
from services.executor.pool import SandboxPool
from services.executor.results import Limits
from services.executor.script import ScriptError
from services.executor.turns import Turns
from tests.images import cache_dir
from tests.unit.executor.engines import run

__all__ = ["cache_dir"]

INTERNALS = "globalThis[Symbol.for('penstock.internals')]"
# What the library `slow` waits for.
GO_ON = threading.Event()
# Name, words, needs, script.
CATALOGUE = [
    ("small", ["small", "two words"], [], f"(({{define}})=>define(globalThis,{{small:(n)=>n+1}}))({INTERNALS})"),
    ("upper", ["upper"], ["small"], f"{INTERNALS}.define(globalThis,{{upper:(n)=>small(n)*10}})"),
    ("timed", ["timed"], [], f"{INTERNALS}.emit('log',{{}});setTimeout(()=>{{}},1);var timed=typeof Date.now()"),
    ("drawn", ["drawn"], [], "Math.random(); crypto.randomUUID(); var drawn = 1"),
    ("large", ["large"], [], "var large = new Uint8Array(20e6).fill(1)"),
    ("slow", ["slow"], [], f"{INTERNALS}.hostCall('wait',{{}}); var slow = 1"),
    ("broken", ["broken"], [], "throw new Error('no')"),
]


def written(path: Path, catalogue: list[tuple[str, list[str], list[str], str]] = CATALOGUE) -> Libraries:
    """Write libraries as their build does."""
    path.mkdir()
    for name, _words, _needs, script in catalogue:
        (path / f"{name}.js").write_text(script)
    index = [
        {"name": name, "words": words, "needs": needs, "sha256": hashlib.sha256(script.encode()).hexdigest()}
        for name, words, needs, script in catalogue
    ]
    (path / "index.json").write_text(json.dumps(index))
    return Libraries.read(path)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Libraries:
    return written(tmp_path_factory.mktemp("libraries") / "built")


@pytest.fixture(scope="module")
def engine(cache_dir: Path) -> Engine:
    return Engine(wasm=(DIST / "engine.wasm").read_bytes(), directory=ImageDirectory(cache_dir))


@pytest.fixture(scope="module")
def made(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Libraries], Executor]:
    """Gives an executor with these libraries; all share a directory of images."""
    directory = ImageDirectory(tmp_path_factory.mktemp("images") / "images")

    def make(libraries: Libraries) -> Executor:
        def host_call(request: bytes) -> tuple[bytes, int]:
            if b'"wait"' in request:
                GO_ON.wait(timeout=60)
                return b'{"value":null}', 0
            return answer_host_call(request, call_host_function)

        prelude = (DIST / "prelude.js").read_text()
        bases = BaseImages(
            engine=engine, prelude=prelude, libraries=libraries, directory=directory, host_call=host_call
        )
        builder = ImageBuilder(engine=engine, bases=bases, directory=directory, host_call=host_call)
        pool, outside = SandboxPool(), CannedOutside({})
        return Executor(builder=builder, images=ImageCache(builder=builder), pool=pool, outside=outside, turns=Turns())

    return make


@pytest.fixture(scope="module")
def executor(made: Callable[[Libraries], Executor], libraries: Libraries) -> Executor:
    return made(libraries)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("function onTrack() {}", ()),
        ("smaller; asmall; small$; $small; _small", ()),
        ("const { a } = small", ("small",)),
        ("// small", ("small",)),
        ("upper", ("small", "upper")),
        ("large + upper", ("small", "upper", "large")),
        ("words", ()),
        ("two; words", ("small",)),
        ("\ud800 upper \0", ("small", "upper")),
    ],
)
def test_libraries_are_found_by_whole_words(libraries: Libraries, code: str, names: tuple[str, ...]) -> None:
    assert libraries.of(code) == names


@given(st.permutations(["upper", "large", "timed"]), st.sampled_from([" ", ";", "(", "\n", ".", '"']))
def test_the_order_in_the_code_changes_nothing(libraries: Libraries, words: list[str], between: str) -> None:
    assert libraries.of(between.join(words)) == ("small", "upper", "timed", "large")


async def test_a_set_is_there_with_what_it_needs(executor: Executor) -> None:
    result = await run(executor, "const ten = upper(0); function onTrack() { return [ten, upper(1), typeof small] }")
    assert (result.error, result.returned) == (None, b'[10,20,"function"]')


async def test_code_that_names_none_gets_none(executor: Executor) -> None:
    result = await run(executor, "function onTrack() { return [typeof globalThis['up' + 'per'], typeof sma\\u006cl] }")
    assert result.returned == b'["undefined","undefined"]'


async def test_names_can_be_reassigned_and_are_not_listed(executor: Executor) -> None:
    code = "small = small(5); function onTrack() { return [small, Object.keys(globalThis).includes('small')] }"
    assert (await run(executor, code)).returned == b"[6,false]"


@pytest.mark.parametrize("word", ["", "upper", "timed"])
async def test_internals_are_gone_before_authors_come(executor: Executor, word: str) -> None:
    code = (
        f"function onTrack() {{ return [typeof {INTERNALS}, typeof __penstock, typeof __penstock_host] /* {word} */ }}"
    )
    assert (await run(executor, code)).returned == b'["undefined","undefined","undefined"]'


async def test_what_a_library_does_while_it_is_loaded_is_not_the_authors_doing(executor: Executor) -> None:
    code = "const early = timed; function onTrack() { return early }"
    assert (await executor.check(code)).pure
    result = await run(executor, code)
    assert (result.returned, result.logs, result.requests) == (b'"number"', [], [])


@pytest.mark.parametrize("expression", ["Math.random()", "crypto.randomUUID()"])
async def test_what_a_library_has_drawn_is_not_gone_on_with(executor: Executor, expression: str) -> None:
    code = f"const early = {expression}; function onTrack() {{ return [early, {expression}, drawn] }}"
    assert not (await executor.check(code)).pure
    drawn = {(await run(executor, code, key=number)).returned for number in range(3)}
    assert len(drawn) == 3


async def test_libraries_take_none_of_the_memory_that_a_function_may_have(executor: Executor) -> None:
    limits = Limits(memory_bytes=16 * 2**20, retire_memory_bytes=8 * 2**20)
    code = (
        "const early = large.length; function onTrack(event) { return early + new Uint8Array(event.n ?? 4e6).length }"
    )
    assert (await executor.check(code)).pure
    result = await run(executor, code, limits=limits, key="large")
    assert (result.returned, result.usage.memory_bytes > 20e6) == (b"24000000", True)
    again = await run(executor, code, limits=limits, key="large")
    assert (again.usage.cold, again.usage.earlier_events) == (False, 1)


async def test_what_a_function_takes_beside_its_libraries_is_bounded(executor: Executor) -> None:
    code = "function onTrack() { return [large.length, new Uint8Array(17e6).length] }"
    result = await run(executor, code, limits=Limits(memory_bytes=16 * 2**20))
    assert result.error is not None
    assert result.error.kind == "OUT_OF_MEMORY"


async def test_an_image_is_made_anew_when_one_of_its_libraries_has_changed(
    made: Callable[[Libraries], Executor], executor: Executor, tmp_path: Path
) -> None:
    changed = [*CATALOGUE]
    changed[0] = ("small", ["small"], [], f"{INTERNALS}.define(globalThis,{{small:(n)=>n+2}})")
    other = made(written(tmp_path / "changed", changed))
    code = "const ten = upper(0); function onTrack() { return ten }"
    assert [(await run(each, code)).returned for each in (executor, other)] == [b"10", b"20"]
    assert executor._builder.key("large") == other._builder.key("large")
    assert executor._builder.key(code) != other._builder.key(code)


def test_a_set_is_made_once_and_then_loaded(made: Callable[[Libraries], Executor], libraries: Libraries) -> None:
    first, second = made(libraries)._builder.bases, made(libraries)._builder.bases
    names = ("small", "upper")
    assert first.prepared(names) is first.prepared(names)
    first.get(names)
    second._memory = None  # pyright: ignore[reportAttributeAccessIssue] it would fail, were it called
    assert second.get(names).library_bytes == first.get(names).library_bytes


async def test_others_go_on_while_a_set_is_made(executor: Executor) -> None:
    code = "function onTrack() { return slow }"
    checked, ran = asyncio.create_task(executor.check(code)), asyncio.create_task(run(executor, code))
    other = "const more = 1; function onTrack() { return more }"
    assert (await executor.check(other)).pure
    assert (await run(executor, other)).returned == b"1"
    assert not checked.done()
    assert not ran.done()
    GO_ON.set()
    assert (await checked).pure
    assert (await ran).returned == b"1"


def test_a_set_that_cannot_be_made_is_tried_again(executor: Executor) -> None:
    bases = executor._builder.bases
    futures: list[Future[BaseImage]] = []
    for _ in range(2):
        futures.append(bases.prepared(("broken",)))
        with pytest.raises(ScriptError, match="no"):
            futures[-1].result()
    assert futures[0] is not futures[1]


def test_bytecode_that_was_changed_on_disk_is_not_run(engine: Engine, tmp_path: Path) -> None:
    directory = ImageDirectory(tmp_path / "images")
    directory.save_bytes("bytecode-1", b"good")
    [file] = (tmp_path / "images").iterdir()
    assert directory.load_bytes("bytecode-1") == b"good"
    file.write_bytes(b"evil")
    assert directory.load_bytes("bytecode-1") is None
    assert not file.exists()
