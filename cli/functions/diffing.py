"""What differs between two texts of a function, in the files that its author wrote."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from services.executor.source import AUTHOR_FILE
from shared.code import MAP_MARK, split_source_map

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_PACKAGES = "node_modules/"


def files_of_code(code: str, *, name: str = AUTHOR_FILE) -> dict[str, str]:
    """Give the author's own files by name: those in the source map of what was bundled, else the code as `name`."""
    _own, encoded = split_source_map(code)
    if not encoded:
        return {name: code}
    source_map: dict[str, Any] = json.loads(base64.b64decode(encoded.strip().removeprefix(MAP_MARK)))
    pairs = zip(source_map["sources"], source_map.get("sourcesContent") or (), strict=False)
    return {file: text for file, text in pairs if file and text is not None and not file.startswith(_PACKAGES)}


def diff(before: Mapping[str, str], after: Mapping[str, str], *, labels: tuple[str, str]) -> list[str]:
    """Give the lines of a unified diff of all files that differ."""
    return [line for file in sorted({*before, *after}) for line in _of_file(file, before, after, labels)]


def diff_of_code(before: str, after: str, *, labels: tuple[str, str]) -> list[str]:
    """Give the diff of two codes; of bundles that differ in their packages alone a line that says so."""
    lines = diff(*_alike(files_of_code(before), files_of_code(after)), labels=labels)
    if not lines and before != after:
        sizes = " and ".join(f"{len(split_source_map(code)[0].encode()):,} bytes" for code in (before, after))
        return [f"The author's files are the same, what is bundled with them differs: {sizes}"]
    return lines


def styled(lines: list[str]) -> Text:
    """Give a diff in colours."""
    return Text("\n").join(Text(line, style=_STYLES.get(line[:1], "")) for line in lines)


def counted(lines: list[str]) -> tuple[int, int]:
    """Count the lines that came and went."""
    changed = [line for line in lines if not line.startswith(("+++ ", "--- "))]
    return sum(line.startswith("+") for line in changed), sum(line.startswith("-") for line in changed)


def _alike(before: dict[str, str], after: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Compare one file with one file, whatever they are called."""
    if len(before) == len(after) == 1 and AUTHOR_FILE in (*before, *after):
        [name] = after if AUTHOR_FILE in before else before
        return {name: next(iter(before.values()))}, {name: next(iter(after.values()))}
    return before, after


def _of_file(file: str, before: Mapping[str, str], after: Mapping[str, str], labels: tuple[str, str]) -> Iterator[str]:
    old, new = before.get(file, "").splitlines(), after.get(file, "").splitlines()
    yield from difflib.unified_diff(old, new, f"{file} ({labels[0]})", f"{file} ({labels[1]})", lineterm="")
