"""esbuild, the compiler of TypeScript and bundler of packages, as the set-up has installed it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import services.executor
from cli.code_errors import SourceFault, SourceFaultsError

_INSTALLED = Path(services.executor.__file__).parent / "prelude" / "node_modules" / "@esbuild"
_TIMEOUT_S = 120
_OPTIONS = (
    "--platform=node",
    "--target=es2023",
    "--sourcemap=external",
    "--log-level=warning",
    "--log-limit=20",
    "--log-override:unsupported-require-call=warning",
    "--color=false",
)
_MESSAGE = re.compile(
    r"^\S+ \[(?P<level>ERROR|WARNING)\] (?P<text>.*)\n(?:\n    (?P<file>.+):(?P<line>\d+):(?P<column>\d+):$)?",
    re.MULTILINE,
)
_PACKAGES = "node_modules"


@dataclass(frozen=True, slots=True)
class Built:
    """What esbuild made: JavaScript, its source map with the author's paths, and what it tells of it."""

    code: str
    source_map: dict[str, Any]
    meta: dict[str, Any]


def transform(entry: Path) -> Built:
    """Compile a file by itself. Raises what `bundle` raises."""
    return _run(entry, entry.parent, [entry.name], "")


def bundle(text: str, *, entry: Path, root: Path, options: Sequence[str]) -> Built:
    """Bundle a text as if it stood in the file `entry`; paths of the map are relative to `root`.

    Raises SourceFaultsError for what is wrong in the sources, typer.BadParameter where there is no esbuild.
    """
    return _run(entry, root, ["--bundle", f"--sourcefile={entry.name}", f"--loader={_loader(entry)}", *options], text)


def _run(entry: Path, root: Path, arguments: list[str], text: str) -> Built:
    with tempfile.TemporaryDirectory(prefix="penstock-") as name:
        made = Path(name).resolve()
        outputs = [f"--outfile={made / 'out.js'}", f"--metafile={made / 'meta.json'}"]
        done = _done([_binary(), *_OPTIONS, *outputs, *arguments], text, entry.parent.resolve())
        faults = list(_faults(done.stderr.decode(errors="replace"), entry))
        if done.returncode or faults:
            raise SourceFaultsError(faults or [SourceFault("Error", done.stderr.decode(errors="replace"), str(entry))])
        source_map = json.loads((made / "out.js.map").read_bytes())
        _name_sources(source_map, made, root.resolve())
        return Built((made / "out.js").read_text(), source_map, json.loads((made / "meta.json").read_bytes()))


def _done(command: list[str], text: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command, input=text.encode(), capture_output=True, cwd=folder, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise typer.BadParameter(f"esbuild failed in {folder}: {error}") from None


def _binary() -> str:
    found = next((str(path) for path in _INSTALLED.glob("*/bin/esbuild")), None) or shutil.which("esbuild")
    if found is None:
        raise typer.BadParameter(
            "TypeScript and packages are compiled by esbuild, which is not here: run `make setup`, or put an esbuild "
            "on the PATH. Plain JavaScript without import and export needs none."
        )
    return found


def _loader(entry: Path) -> str:
    return "ts" if entry.suffix in {".ts", ".mts", ".cts"} else "js"


def _name_sources(source_map: dict[str, Any], made: Path, root: Path) -> None:
    """Name the sources as their author does. Texts of packages stay at home: only the author's own lines are shown."""
    contents = source_map["sourcesContent"]
    for index, source in enumerate(source_map["sources"]):
        name = relative((made / source).resolve(), root)
        source_map["sources"][index] = name
        if _PACKAGES in Path(name).parts:
            contents[index] = None


def relative(path: Path, root: Path) -> str:
    """Give a path as one from `root`, of packages from their node_modules on, wherever that lies."""
    parts = path.parts
    if _PACKAGES in parts:
        return "/".join(parts[parts.index(_PACKAGES) :])
    return Path(os.path.relpath(path, root)).as_posix()


def _faults(stderr: str, entry: Path) -> list[SourceFault]:
    faults: list[SourceFault] = []
    for found in _MESSAGE.finditer(stderr):
        file = Path(found["file"]) if found["file"] else entry
        # A package may try what it can do without; what the author wrote shall run.
        if found["level"] == "ERROR" or ("[unsupported-require-call]" in found["text"] and _PACKAGES not in file.parts):
            faults.append(_fault(found, entry.parent / file if found["file"] else entry))
    return faults


def _fault(found: re.Match[str], file: Path) -> SourceFault:
    line, byte = (int(found["line"]), int(found["column"])) if found["file"] else (0, 0)
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    column = len(text.encode()[:byte].decode(errors="replace")) + 1
    return SourceFault("SyntaxError", found["text"], str(file), line, column, text)
