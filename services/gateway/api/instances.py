"""What sources and destinations have in common: values of settings, which come as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue

from services.gateway.api.insert_instances import MARK
from services.gateway.api.models import Output

SettingValues = Annotated[dict[str, JsonValue], Field(max_length=100, description="Values by name; `null` clears one.")]

Marks = Annotated[dict[str, str], Field(description=f"Sensitive settings that have a value: `{MARK}`.")]


class Label(Output):
    """A label; nothing here has one."""

    key: str
    value: str


def settings_bytes(values: dict[str, JsonValue]) -> bytes:
    """Write values as rpcs take them."""
    return json.dumps(values).encode()


def settings_of(settings: bytes) -> dict[str, Any]:
    """Read values that an rpc gave."""
    return json.loads(settings) if settings else {}


def marks_of(sensitive: Sequence[str]) -> dict[str, str]:
    """Tell which sensitive settings have a value; no value is ever given."""
    return dict.fromkeys(sensitive, MARK)


async def without_marks(
    values: dict[str, JsonValue], sensitive: Callable[[], Awaitable[Collection[str]]]
) -> dict[str, JsonValue]:
    """Leave out marks that stand for values, so that what was read can be sent back."""
    if MARK not in values.values():
        return values
    kept = await sensitive()
    return {name: value for name, value in values.items() if value != MARK or name not in kept}
