"""From what an author wrote to what runs: one JavaScript text with a source map.

A JavaScript file without `import` and `export` runs as it stands. TypeScript is compiled, and what imports, exports or
is a package of its own is bundled: then handlers may be declared at the top of the entry, exported by name or as part
of the default export.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import typer

from cli import esbuild
from cli.code_errors import SourceFault, SourceFaultsError
from cli.own_places import without_packages
from services.executor.source import HANDLERS
from shared.code import MAP_MARK, MAX_CODE_BYTES, split_source_map

TYPESCRIPT = (".ts", ".mts", ".cts")
_ENTRIES = tuple(f"{name}{suffix}" for name in ("index", "function") for suffix in (".ts", ".js", ".mjs", ".cjs"))
_USES_MODULES = re.compile(r"^[ \t]*(?:import|export)\b", re.MULTILINE)
_EXPORTS = "penstock$exports"
_DECLARED = "penstock$declared"
# Handlers that the entry declares without exporting them, told at its end, where they can be seen.
_TELL = f"\n;{_DECLARED}={{" + ",".join(f'{name}:typeof {name}=="function"?{name}:void 0' for name in HANDLERS) + "};"
# Made handlers of the function that all of this stands in.
_HAND_OVER = (
    "".join(f"{name}=penstock$pick('{name}',{name});" for name in HANDLERS)
    + "function penstock$pick(name,own){"
    + f"for(const each of [{_EXPORTS},{_EXPORTS}?.default,{_DECLARED}])"
    + "if(typeof each?.[name]==='function')return each[name];return own}"
)
_REQUIRE = "var require=globalThis[Symbol.for('penstock.node')]"
# Names that Node gives to packages, which functions of one file have not.
_NODE = "process=require('process'),global=globalThis;"
_NAMES_NODE = re.compile(r"\b(?:process|global)\b")
# Packages take these globals for a sign of a browser.
_BROWSER = ("window", "document", "self", "navigator", "XMLHttpRequest")
_PACKAGE_OPTIONS = (
    "--minify-whitespace",
    "--minify-syntax",
    "--keep-names",
    '--define:process.env.NODE_ENV="production"',
    '--define:__dirname="/"',
    '--define:__filename="/function.js"',
    *(f"--define:{name}=undefined" for name in _BROWSER),
)
_SHOWN_PACKAGES = 8


@dataclass(frozen=True, slots=True)
class Source:
    """What an author wrote: a file, or a folder with the file that is its entry."""

    path: Path
    entry: Path
    text: str

    @property
    def is_package(self) -> bool:
        return self.path.is_dir()

    @property
    def name(self) -> str:
        """Give the name that its function has by default."""
        return self.path.resolve().name if self.is_package else self.path.stem


def read_source(path: Path) -> Source:
    """Read a file, or a package's entry. Raises typer.BadParameter."""
    if path.is_dir() and not (path / "package.json").is_file():
        raise typer.BadParameter(
            f"{path} has neither function.toml nor package.json. Name the function's file, or give the folder a "
            "function.toml: penstock functions init makes one."
        )
    entry = entry_of(path) if path.is_dir() else path
    try:
        # Bytes: what runs is what is written, its line ends too.
        return Source(path, entry, entry.read_bytes().decode())
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{entry} is not UTF-8 text.") from None
    except OSError as error:
        raise typer.BadParameter(f"{entry} cannot be read: {error.strerror}.") from None


def entry_of(folder: Path) -> Path:
    """Find the file of a folder that its function begins with. Raises typer.BadParameter."""
    package = folder / "package.json"
    for name in (*(_named_entries(package) if package.is_file() else ()), *_ENTRIES):
        if (folder / name).is_file():
            return folder / name
    where = f"name it as `main` in {package}" if package.is_file() else f"name it as `entry` in {folder}/function.toml"
    raise typer.BadParameter(f"{folder} has no entry: {where}, or call it index.ts or index.js.")


def _named_entries(package: Path) -> list[str]:
    try:
        content = json.loads(package.read_text(encoding="utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"{package} is not JSON: {error}.") from None
    given = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    return [name for key in ("source", "main") if isinstance(name := given.get(key), str)]


def code_of(source: Source) -> str:
    """Make what runs. Raises SourceFaultsError for what is wrong in the sources, typer.BadParameter."""
    is_typescript = source.entry.suffix in TYPESCRIPT
    if not (source.is_package or is_typescript or _USES_MODULES.search(source.text)):
        return _bounded(source, source.text, {})
    try:
        built = _bundled(source)
        if not source.is_package and "format" not in _entry_meta(built.meta):
            if not is_typescript:
                return _bounded(source, source.text, {})
            built = esbuild.transform(source.entry)
    except SourceFaultsError as error:
        raise SourceFaultsError([_explained(fault, source) for fault in error.faults]) from None
    code = _with_map(built.code, built.source_map)
    if len(code) > MAX_CODE_BYTES:
        code = _with_map(built.code, without_packages(built.source_map))
    return _bounded(source, code, built.meta)


def _bundled(source: Source) -> esbuild.Built:
    """Bundle. A file of its own has no packages: what it imports is what the sandbox has."""
    options = _PACKAGE_OPTIONS if source.is_package else ("--packages=external",)
    built = esbuild.bundle(
        source.text + _TELL,
        entry=source.entry,
        root=source.path if source.is_package else source.entry.parent,
        options=("--format=iife", f"--global-name={_EXPORTS}", *options),
    )
    # On a line of its own, for which the map gets one as well.
    head = f"var {_DECLARED};{_node_names(source, built)}\n"
    contents = [text and text.removesuffix(_TELL) for text in built.source_map["sourcesContent"]]
    mappings = ";" + built.source_map["mappings"]
    source_map = {**built.source_map, "sourcesContent": contents, "mappings": mappings}
    return replace(built, code=f"{head}{built.code}{_HAND_OVER}\n", source_map=source_map)


def _node_names(source: Source, built: esbuild.Built) -> str:
    """Write what makes Node's modules known. Naming them loads them, which few functions need."""
    if source.is_package and _NAMES_NODE.search(built.code):
        return f"{_REQUIRE},{_NODE}"
    imports = (each for output in built.meta["outputs"].values() for each in output["imports"])
    return f"{_REQUIRE};" if any(each.get("external") for each in imports) else ""


def _entry_meta(meta: dict[str, Any]) -> dict[str, Any]:
    entry = next(output["entryPoint"] for output in meta["outputs"].values() if "entryPoint" in output)
    return meta["inputs"][entry]


def _with_map(code: str, source_map: dict[str, Any]) -> str:
    encoded = base64.b64encode(json.dumps(source_map, separators=(",", ":")).encode()).decode()
    return f"{code.rstrip()}\n{MAP_MARK}{encoded}\n"


def _bounded(source: Source, code: str, meta: dict[str, Any]) -> str:
    size = len(code.encode())
    if size <= MAX_CODE_BYTES:
        return code
    own, _map = split_source_map(code)
    packages = "".join(f"\n  {size / 1024:>8,.0f} KiB  {name}" for name, size in _largest(meta))
    raise typer.BadParameter(
        f"{source.path} makes {size / 2**20:.1f} MiB of code, {len(own.encode()) / 2**20:.1f} MiB without its source "
        f"map; a function may have {MAX_CODE_BYTES / 2**20:.0f} MiB." + (f" The largest in it:{packages}" * bool(meta))
    )


def _largest(meta: dict[str, Any]) -> list[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for output in meta["outputs"].values():
        for path, part in output["inputs"].items():
            name = _package_of(path)
            sizes[name] = sizes.get(name, 0) + part["bytesInOutput"]
    return sorted(sizes.items(), key=lambda each: -each[1])[:_SHOWN_PACKAGES]


def _package_of(path: str) -> str:
    _before, found, rest = path.rpartition("node_modules/")
    if not found:
        return "your own files"
    parts = rest.split("/")
    return "/".join(parts[:2] if rest.startswith("@") else parts[:1])


_RESOLVE = re.compile(r'Could not resolve "(.*)"')
_NO_LOADER = re.compile(r'No loader is configured for "(.*)" files: (.*)')


def _explained(fault: SourceFault, source: Source) -> SourceFault:
    """Say what to do, where esbuild speaks of itself."""
    message = fault.message
    if found := _RESOLVE.fullmatch(message):
        is_file = found[1].startswith((".", "/"))
        helps = "there is no such file" if is_file else f"run `npm install` in {source.path}"
        message = f"{found[1]} is not found: {helps}."
    elif found := _NO_LOADER.fullmatch(message):
        message = f"{found[2]} cannot be part of a function: {_why_not(found[1])}"
    elif message.startswith("Top-level await"):
        message = "await is not possible at the top level: use it inside of a handler."
    elif "unsupported-require-call" in message:
        message = "require needs a text: what it names is put into the bundle before anything runs."
    else:
        return fault
    return replace(fault, name="Error", message=message)


def _why_not(suffix: str) -> str:
    if suffix == ".node":
        return "it is native code, and the sandbox runs JavaScript alone. Take a package without native code."
    return f"{suffix} files are neither JavaScript, TypeScript nor JSON."
