"""TypeScript, modules and packages become one text that runs, with the author's own places in what fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli import bundling
from cli.bundling import code_of, read_source
from cli.code_errors import SourceFault, SourceFaultsError
from cli.main import app
from services.executor.executor import Executor
from services.executor.results import Invocation, InvocationResult
from shared.code import split_source_map
from tests.unit.executor.engines import cache_dir, executor, program

__all__ = ["cache_dir", "executor"]

Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files into a folder and gives it."""

    def write(files: dict[str, Any]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path

    return write


async def ran(executor: Executor, path: Path, type_: str = "track", **fields: Any) -> InvocationResult:
    payload = json.dumps({"type": type_, **fields}).encode()
    return await executor.run(program(code_of(read_source(path))), Invocation(payload=payload))


def faults(path: Path) -> list[SourceFault]:
    with pytest.raises(SourceFaultsError) as caught:
        code_of(read_source(path))
    return list(caught.value.faults)


def test_plain_javascript_stays_as_it_is(write: Write) -> None:
    code = "// import in a comment\nasync function onTrack() {}\nconst text = `\nexport const a = 1\n`;\n"
    assert code_of(read_source(write({"f.js": code}) / "f.js")) == code


async def test_typescript_keeps_its_top_level_and_its_places(write: Write, executor: Executor) -> None:
    code = """interface Settings {
  key: string;
}
enum Plan { Free = 'free' }

async function onTrack(event: { userId?: string }, settings: Settings): Promise<string> {
  console.error(new Error('seen'));
  throw new RangeError(Plan.Free as string);
}
"""
    path = write({"crm.ts": code}) / "crm.ts"
    assert "\nasync function onTrack(event, settings)" in code_of(read_source(path))
    result = await ran(executor, path)
    error = result.error
    assert error is not None
    assert error.stack == "RangeError: free\n    at onTrack (crm.ts:8:13)"
    assert (error.file, error.line, error.column) == ("crm.ts", 8, 13)
    assert error.source_line == "  throw new RangeError(Plan.Free as string);"
    assert result.logs[0].text == "Error: seen\n    at onTrack (crm.ts:7:21)"


HANDLERS = {
    "declared": "async function onTrack() { return 'x'; }",
    "a const": "const onTrack = async () => 'x';",
    "assigned": "onTrack = async () => 'x';",
    "exported": "export async function onTrack() { return 'x'; }",
    "an exported const": "export const onTrack = async () => 'x';",
    "exported by name": "async function send() { return 'x'; }\nexport { send as onTrack };",
    "of the default": "export default { async onTrack() { return 'x'; } };",
    "from another file": "export * from './other';",
    "of module.exports": "module.exports.onTrack = async () => 'x';",
    "of exports": "exports.onTrack = async () => 'x';",
    "module.exports": "module.exports = { onTrack: async () => 'x' };",
}


@pytest.mark.parametrize("code", HANDLERS.values(), ids=HANDLERS)
async def test_handlers_of_a_package_are_found(write: Write, executor: Executor, code: str) -> None:
    folder = write({"package.json": {}, "index.js": code, "other.js": HANDLERS["exported"]})
    result = await ran(executor, folder)
    assert (result.error, result.returned) == (None, b'"x"')
    assert (await executor.check(code_of(read_source(folder)))).handlers == ("onTrack",)


PACKAGE = {
    "package.json": {"name": "crm", "main": "src/main.ts", "dependencies": {"shout": "1"}},
    "src/main.ts": "import { shout } from 'shout';\nimport { greet } from './greet';\n\n"
    "export async function onTrack(event: any) {\n  return greet(shout(event.name));\n}\n",
    "src/greet.ts": "export function greet(name: string): string {\n"
    "  if (name === 'EVE') throw new Error(`no ${name}`);\n  return `Hello ${name}`;\n}\n",
    "node_modules/shout/package.json": {"name": "shout", "main": "lib/index.js"},
    "node_modules/shout/lib/index.js": "'use strict';\nmodule.exports.shout = function shout(text) {\n"
    "  return text.toUpperCase();\n};\n",
}


async def test_a_package_is_bundled_with_its_packages(write: Write, executor: Executor) -> None:
    folder = write(PACKAGE)
    assert (await ran(executor, folder, name="Ann")).returned == b'"Hello ANN"'
    own = (await ran(executor, folder, name="Eve")).error
    assert own is not None
    assert own.stack == "Error: no EVE\n    at greet (src/greet.ts:2:45)\n    at onTrack (src/main.ts:5:22)"
    assert own.source_line.strip().startswith("if (name === 'EVE') throw")
    packaged = (await ran(executor, folder)).error
    assert packaged is not None
    assert packaged.stack.splitlines()[1:] == [
        "    at shout (node_modules/shout/lib/index.js:3:10)",
        "    at onTrack (src/main.ts:5:22)",
    ]
    # The author's own line is shown, not that of the package.
    assert (packaged.file, packaged.line, packaged.source_line) == (
        "src/main.ts",
        5,
        "  return greet(shout(event.name));",
    )


async def test_a_fault_of_the_top_level_is_told_where_it_is(write: Write, executor: Executor) -> None:
    folder = write({**PACKAGE, "src/greet.ts": "export const greet = 1;\nnull!.x;\n"})
    fault = (await executor.check(code_of(read_source(folder)))).fault
    assert fault is not None
    assert (fault.file, fault.line, fault.source_line) == ("src/greet.ts", 2, "null!.x;")
    error = (await ran(executor, folder)).error
    assert error is not None
    assert error.stack.splitlines()[1:] == ["    at <anonymous> (src/greet.ts:2:1)"]


def test_libraries_are_those_that_the_author_names(write: Write, executor: Executor) -> None:
    library = "module.exports.shout = (text) => `${text} of moment, _ and zlib`;"
    folder = write({**PACKAGE, "node_modules/shout/lib/index.js": library})
    bases = executor._builder.bases
    assert bases.named_in(code_of(read_source(folder))) == ()
    write({"src/greet.ts": "export const greet = (name: string): string => _.upperCase(name);"})
    assert bases.named_in(code_of(read_source(folder))) == ("lodash",)
    write({"node_modules/shout/lib/index.js": "module.exports.shout = require('node:path').basename;"})
    assert bases.named_in(code_of(read_source(folder))) == ("node", "lodash")


async def test_packages_find_what_node_gives_them(write: Write, executor: Executor) -> None:
    library = """const { join } = require('path');
module.exports.shout = () => [join('a', 'b'), typeof process.version, global === globalThis, typeof window];
"""
    main = "import { shout } from 'shout';\nexport const onTrack = () => shout();\n"
    folder = write({**PACKAGE, "src/main.ts": main, "node_modules/shout/lib/index.js": library})
    assert json.loads((await ran(executor, folder)).returned) == ["a/b", "string", True, "undefined"]


def test_what_runs_does_not_depend_on_where_it_was_made(write: Write) -> None:
    folder = write({**{f"a/{name}": content for name, content in PACKAGE.items()}})
    write({**{f"deep/er/{name}": content for name, content in PACKAGE.items()}})
    code = code_of(read_source(folder / "a"))
    assert code == code_of(read_source(folder / "deep/er"))
    assert "toUpperCase" not in json.dumps(
        bundling.esbuild.bundle("", entry=folder / "a/src/main.ts", root=folder, options=()).source_map
    )
    assert split_source_map(code)[1]


FAULTS = {
    "a package that is not there": ("import x from 'nowhere';\nx();", (1, 15, "run `npm install`")),
    "a file that is not there": ("\n  require('./nowhere');", (2, 11, "no such file")),
    "native code": ("const é = require('./addon.node');", (1, 19, "native code")),
    "a top-level await": ("export {};\nawait 1;", (2, 1, "inside of a handler")),
    "a dynamic require": ("\nconst x = require(globalThis.name);", (2, 11, "require needs a text")),
    "a syntax error": ("async function onTrack() {\n  const a = ;\n}", (2, 13, 'Unexpected ";"')),
}


@pytest.mark.parametrize(("code", "expected"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_run_is_told_with_its_place(write: Write, code: str, expected: tuple[int, int, str]) -> None:
    folder = write({"package.json": {}, "index.js": code, "addon.node": ""})
    (fault,) = faults(folder)
    line, column, message = expected
    assert (fault.file, fault.line, fault.column) == (str(folder / "index.js"), line, column)
    assert message in fault.message
    assert fault.source_line == code.splitlines()[line - 1]


def test_faults_are_shown_with_their_lines(write: Write) -> None:
    folder = write({"f.ts": "async function onTrack() {\n\tlet a: = 1;\n}", "event.json": {"type": "track"}})
    arguments = ["functions", "test", str(folder / "f.ts"), "--event", str(folder / "event.json")]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 1
    _place, line, mark = shown.stderr.splitlines()
    assert line.strip() == "2 │         let a: = 1;"
    assert mark.index("^") == line.index("=")
    as_json = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert (as_json["error"]["reason"], as_json["error"]["line"], as_json["error"]["column"]) == ("INVALID_CODE", 2, 9)


def test_a_folder_without_package_or_entry_is_refused(write: Write) -> None:
    folder = write({"a/index.js": "", "b/package.json": {}, "c/package.json": "{"})
    for name, message in (("a", "nor package.json"), ("b", "no entry"), ("c", "not JSON")):
        with pytest.raises(typer.BadParameter, match=message):
            read_source(folder / name)


async def test_what_is_too_large_with_the_places_of_packages_goes_without_them(
    write: Write, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "\n".join(f"module.exports.f{n} = (text) => text.toUpperCase();" for n in range(200))
    folder = write({**PACKAGE, "node_modules/shout/lib/index.js": f"{many}\nmodule.exports.shout = exports.f7;"})
    whole = len(code_of(read_source(folder)))
    monkeypatch.setattr(bundling, "MAX_CODE_BYTES", whole - 1)
    assert len(code_of(read_source(folder))) < whole - 1000
    error = (await ran(executor, folder)).error
    assert error is not None
    assert (error.file, error.line) == ("src/main.ts", 5)
    assert error.stack.splitlines()[1:] == ["    at onTrack (src/main.ts:5:22)"]


def test_what_is_too_large_names_its_packages(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({**PACKAGE, "node_modules/shout/lib/index.js": f"exports.shout = () => '{'x' * 5000}';"})
    monkeypatch.setattr(bundling, "MAX_CODE_BYTES", 4096)
    with pytest.raises(typer.BadParameter, match=r"The largest in it:\n +5 KiB  shout\n +1 KiB  your own files"):
        code_of(read_source(folder))


def test_without_esbuild_it_is_said_what_helps(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"f.ts": "async function onTrack() {}"})
    monkeypatch.setattr(bundling.esbuild, "_INSTALLED", folder)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(typer.BadParameter, match="make setup"):
        code_of(read_source(folder / "f.ts"))
