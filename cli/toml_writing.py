"""Writing TOML: plain data as a person would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

_BARE = re.compile(r"[A-Za-z0-9_-]+")
# What a literal string, in single quotes, cannot hold.
_NOT_LITERAL = re.compile(r"['\x00-\x08\x0a-\x1f\x7f]")
_WIDTH = 100


class Inline(dict[str, Any]):
    """A table that is written in one line, as a value."""


def to_toml(table: Mapping[str, Any]) -> str:
    """Write a table: its values first, then the tables in it, then lists of tables. None is left out."""
    return "\n".join(_lines(table, ())).strip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    given = {key: value for key, value in table.items() if value is not None}
    for key, value in given.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in given.items():
        below = (*path, key)
        if _is_table(value):
            # A table that only holds tables needs no head of its own.
            if not value or not all(_is_table(each) or _is_tables(each) for each in value.values()):
                yield f"\n[{_name(below)}]"
            yield from _lines(value, below)
        elif _is_tables(value):
            for each in value:
                yield f"\n[[{_name(below)}]]"
                yield from _lines(each, below)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, Inline)


def _is_tables(value: Any) -> bool:
    items = cast("list[Any]", value if isinstance(value, list) else [])
    return bool(items) and all(map(_is_table, items))


def _name(path: Sequence[str]) -> str:
    return ".".join(map(_key, path))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _basic(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return f"{{ {pairs} }}" if pairs else "{}"
    return _array([_value(each) for each in value])


def _array(parts: list[str]) -> str:
    line = f"[{', '.join(parts)}]"
    return line if len(line) <= _WIDTH else "[\n" + "".join(f"    {each},\n" for each in parts) + "]"


def _text(text: str) -> str:
    return f"'{text}'" if '"' in text and not _NOT_LITERAL.search(text) else _basic(text)


def _basic(text: str) -> str:
    # JSON's escapes are TOML's, but that TOML wants DEL escaped too.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
