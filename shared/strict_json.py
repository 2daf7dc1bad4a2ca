"""JSON as its standard has it, which Python's own parser does not insist on."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_json(text: bytes) -> Any:
    """Parse UTF-8 JSON. Raises ValueError for anything else, also for NaN and for nesting that no parser takes."""
    try:
        return _DECODER.decode(text.decode())
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
