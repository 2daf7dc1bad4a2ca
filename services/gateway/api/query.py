"""Query strings, in all the ways that Segment's clients write what has parts.

`pagination[count]=2`, `pagination.count=2` and `pagination={"count": 2}` say the same, as do `ids=a&ids=b`,
`ids[0]=a&ids[1]=b` and `ids.0=a&ids.1=b`.
"""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import parse_qsl

from services.gateway.api.errors import bad_request

_MAX_PARAMETERS = 200
_MAX_DEPTH = 4
_STEP = re.compile(r"[.\[\]]+")


def parse_query(query: bytes) -> dict[str, Any]:
    """Give the parameters; those with parts as dictionaries and lists. Raises ApiError (400)."""
    found: dict[str, Any] = {}
    for name, value in _pairs(query):
        # `ids[]` is a way to write `ids`.
        steps = _STEP.split(name.rstrip("[]"))
        if len(steps) > _MAX_DEPTH:
            raise bad_request("The query names parts that are nested too deeply.")
        _put(found, steps, value)
    return {name: _listed(value) for name, value in found.items()}


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise bad_request(f"The query is no UTF-8 in percent-encoding, or has over {_MAX_PARAMETERS} parts.") from None


def _put(found: dict[str, Any], steps: list[str], value: str) -> None:
    *parents, last = steps
    for step in parents:
        inner = found.setdefault(step, {})
        if not isinstance(inner, dict):
            raise bad_request("The query gives one parameter twice, whole and in parts.")
        found = cast("dict[str, Any]", inner)
    if isinstance(found.get(last), dict):
        raise bad_request("The query gives one parameter twice, whole and in parts.")
    # Two of a name are a list.
    found[last] = value if last not in found else [*_several(found[last]), value]


def _several(value: Any) -> list[str]:
    return cast("list[str]", value) if isinstance(value, list) else [value]


def _listed(value: Any) -> Any:
    """Make a list of what is numbered."""
    if not isinstance(value, dict):
        return value
    parts = {name: _listed(part) for name, part in cast("dict[str, Any]", value).items()}
    if all(name.isascii() and name.isdecimal() for name in parts):
        return [parts[name] for name in sorted(parts, key=int)]
    return parts
