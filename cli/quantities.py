"""Spans of time, moments and sizes as people write them: `10h`, `1h30m`, `250ms`; `2026-11-21T08:00Z`; `64MiB`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pydantic import ByteSize, TypeAdapter, ValidationError

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[dhms])")
_SPAN = re.compile(rf"(?:{_PART.pattern})+")
_SIZE = TypeAdapter(ByteSize)
_MIB = 1024 * 1024


def parse_span(text: str) -> timedelta:
    """Read `10h`, `1h30m`, `2.5s`, `250ms`. Raises ValueError."""
    if not _SPAN.fullmatch(text):
        raise ValueError(f"{text!r} is no time: write it as 10h, 1h30m, 2.5s or 250ms")
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta())
    except OverflowError:
        raise ValueError(f"{text!r} is too long") from None


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Read a span before `now`, or a moment in ISO 8601, in UTC unless it says otherwise. Raises ValueError."""
    try:
        if _SPAN.fullmatch(text):
            return now - parse_span(text)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time: write how long ago, 2h or 30m, or 2026-11-21T08:00Z") from None


def show_span(span: timedelta) -> str:
    """Write a span as `parse_span` reads it."""
    parts: list[str] = []
    for unit, size in _UNITS.items():
        count, span = divmod(span, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_size(text: str) -> int:
    """Read bytes: `67108864`, `64MiB`, `64MB`. Raises ValueError."""
    try:
        return int(_SIZE.validate_python(text))
    except ValidationError:
        raise ValueError(f"{text!r} is no size: write it as 64MiB, or in bytes") from None


def show_size(size: int) -> str:
    """Write a size as `parse_size` reads it."""
    return f"{size // _MIB}MiB" if size % _MIB == 0 else str(size)
