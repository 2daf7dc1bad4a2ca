"""Folders to begin a function with."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import typer

import cli
from cli.commands.function_types import TSCONFIG, declarations

_TEMPLATES = Path(cli.__file__).parent / "templates"
_CODE = ("function.js", "function.ts")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def write_template(folder: Path, *, name: str, kind: str, typescript: bool) -> list[Path]:
    """Write the folder of a new function, and give the files. Raises typer.BadParameter where there is something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter(f"{folder} is there already, and is not overwritten. Take another name.")
    entry = _CODE[typescript]
    values = {"name": name, "quoted": json.dumps(name, ensure_ascii=False), "shell": shlex.quote(name), "entry": entry}
    written = [_write(folder / file, text, values) for file, text in _files(kind) if file not in _CODE or file == entry]
    (folder / "penstock.d.ts").write_text(declarations(), encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(TSCONFIG, indent=2) + "\n")
    return [*written, folder / "penstock.d.ts", folder / "tsconfig.json"]


def _files(kind: str) -> list[tuple[str, str]]:
    template = _TEMPLATES / kind
    files = sorted(each for each in template.rglob("*") if each.is_file())
    return [(str(each.relative_to(template)), each.read_text(encoding="utf-8")) for each in files]


def _write(file: Path, text: str, values: dict[str, str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_PLACE.sub(lambda found: values[found[1]], text), encoding="utf-8")
    return file
