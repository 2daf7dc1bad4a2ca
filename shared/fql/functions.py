"""The functions of FQL. Each is for some types and null; a value of another type cannot be decided about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.fql.errors import Undecidable
from shared.fql.globs import Glob
from shared.fql.values import is_number, json_text, type_name
from shared.fql.work import Work

_PATTERN_CHARACTERS = 1024
_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(?:\.[0-9]{1,100})?(?:[eE][+-]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False}
_FIRST_LETTER = re.compile(r"(?:^|(?<= ))[^ ]")


def _text(name: str, value: object, work: Work) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Undecidable(f"{name} is for strings, not for {type_name(value)}s")
    work.spend(1 + len(value) // 64)
    return value


def _of_text(name: str, change: Callable[[str], str]) -> Callable[[Work, Any], str | None]:
    def changed(work: Work, value: Any) -> str | None:
        text = _text(name, value, work)
        return None if text is None else change(text)

    return changed


def _contains(work: Work, value: Any, part: Any) -> bool:
    text, found = _text("contains", value, work), _text("contains", part, work)
    return text is not None and found is not None and found in text


def _match(work: Work, value: Any, pattern: Any) -> bool:
    text, glob = _text("match", value, work), _text("match", pattern, work)
    if text is None or glob is None:
        return False
    if len(glob) > _PATTERN_CHARACTERS:
        raise Undecidable(f"a pattern of the message has more than {_PATTERN_CHARACTERS:,} characters")
    # Reading a pattern costs more for a character than matching one.
    work.spend(16 * len(glob) + len(text))
    return Glob(glob).matches(text)


def matching(pattern: str) -> Callable[[Work, Any], bool]:
    """Give `match` for one pattern, which is read only once."""
    glob = Glob(pattern)

    def matches(work: Work, value: Any) -> bool:
        text = _text("match", value, work)
        work.spend(len(text or ""))
        return text is not None and glob.matches(text)

    return matches


def _length(work: Work, value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, list):
        return len(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, str):
        work.spend(1 + len(value) // 64)
        return len(value.encode("utf-8", "surrogatepass"))
    raise Undecidable(f"length is for strings and lists, not for {type_name(value)}s")


def _bool(_: Work, value: Any) -> bool:
    if isinstance(value, dict):
        raise Undecidable("bool is not for objects")
    if isinstance(value, str):
        return _WORDS.get(value.lower() if len(value) <= len("false") else "", bool(value))
    return bool(value)


def _string(work: Work, value: Any) -> str:
    return value if isinstance(value, str) else json_text(value, work)


def _number(_: Work, value: Any) -> float | None:
    if value is None or is_number(value):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise Undecidable(f"number cannot read this {type_name(value)}")
    return int(value) if value.lstrip("+-").isdecimal() else float(value)


def _titled(text: str) -> str:
    return _FIRST_LETTER.sub(lambda match: match.group().upper(), text)


def _typeof(_: Work, value: Any) -> str:
    return type_name(value)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "contains": _contains,
    "match": _match,
    "length": _length,
    "lowercase": _of_text("lowercase", str.lower),
    "uppercase": _of_text("uppercase", str.upper),
    "snakecase": _of_text("snakecase", lambda text: text.replace(" ", "_")),
    "kebabcase": _of_text("kebabcase", lambda text: text.replace(" ", "-")),
    "titlecase": _of_text("titlecase", _titled),
    "typeof": _typeof,
    "bool": _bool,
    "string": _string,
    "number": _number,
}
ARITY: Mapping[str, int] = {name: 2 if name in {"contains", "match"} else 1 for name in FUNCTIONS}
