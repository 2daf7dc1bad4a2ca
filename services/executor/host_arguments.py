"""Reading the arguments of host functions: whatever a guest sends is a value within bounds, or refused."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import Any

Arguments = Mapping[str, Any]


def data_of(arguments: Arguments, name: str, limit: int) -> bytes:
    """Give the bytes that an argument holds as base64, at most `limit`. Raises ValueError."""
    text = arguments.get(name)
    if not isinstance(text, str):
        raise ValueError(f"{name} is no text")  # noqa: TRY004 the guest is told as of any other refusal
    if len(text) > (limit + 2) // 3 * 4:
        raise ValueError(f"{name} is over {limit} bytes")
    data = base64.b64decode(text, validate=True)
    if len(data) > limit:
        raise ValueError(f"{name} is over {limit} bytes")
    return data


def whole_of(arguments: Arguments, name: str, least: int, most: int) -> int:
    """Give a whole number within bounds. Raises ValueError."""
    value = arguments.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}")
    return value


def choice_of(arguments: Arguments, name: str, choices: Collection[str]) -> str:
    """Give one of some texts. Raises ValueError."""
    value = arguments.get(name)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")
    return value


def size_of(arguments: Arguments, *names: str) -> int:
    """Give how many bytes some arguments hold, about, without decoding them."""
    return sum(len(text) * 3 // 4 for name in names if isinstance(text := arguments.get(name), str))


def base64_of(data: bytes) -> str:
    """Give bytes as they travel."""
    return base64.b64encode(data).decode()
