"""JSON values as FQL sees them: their types, their equality, their text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from shared.fql.work import Work

# Beyond these powers of ten JSON numbers are written with an exponent, as JavaScript does.
_SMALLEST_PLAIN, _LARGEST_PLAIN = -7, 21


def type_name(value: object) -> str:
    """Give what `typeof` says: string, number, list, bool, null or object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, list) else "object"


def is_number(value: object) -> bool:
    """Tell numbers from all else, `true` included."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def are_equal(left: object, right: object, work: Work) -> bool:
    """Tell whether two values have the same JSON text: the same types all through, and keys in the same order."""
    work.spend(1)
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, dict):
        ours, theirs = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        return list(ours) == list(theirs) and all(are_equal(ours[key], theirs[key], work) for key in ours)
    if isinstance(left, list):
        ours, theirs = cast("list[Any]", left), cast("list[Any]", right)
        return len(ours) == len(theirs) and all(map(are_equal, ours, theirs, [work] * len(ours)))
    return left == right


def json_text(value: object, work: Work) -> str:
    """Write a value as JavaScript's `JSON.stringify` does: numbers by value, no spaces, text outside ASCII as it is."""
    work.spend(1)
    if isinstance(value, dict):
        pairs = cast("Mapping[str, Any]", value).items()
        return "{" + ",".join(f"{_quoted(key)}:{json_text(item, work)}" for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(json_text(item, work) for item in cast("Sequence[Any]", value)) + "]"
    if isinstance(value, str):
        work.spend(len(value) // 64)
        return _quoted(value)
    if is_number(value):
        return _number_text(cast("float", value))
    return {None: "null", True: "true", False: "false"}[cast("bool | None", value)]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _number_text(number: float) -> str:
    if not math.isfinite(number):
        return "null"
    if isinstance(number, int):
        return str(number)
    _, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    point = len(digits) + int(exponent)
    if _SMALLEST_PLAIN < point - 1 < _LARGEST_PLAIN:
        return f"{Decimal(repr(number)).normalize():f}" if number else "0"
    mantissa = ".".join(filter(None, ["".join(map(str, digits[:1])), "".join(map(str, digits[1:]))]))
    return f"{'-' * (number < 0)}{mantissa}e{point - 1:+d}"
