"""The form of a record: versioned JSON, described in `docs/reference/records.md`."""

from __future__ import annotations

import json
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from services.executor.results import FunctionKind

FORMAT = "penstock.record/1"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(_Part):
    """A setting, in the order in which the function was given them. A sensitive one has no value here."""

    name: str
    value: JsonValue = None
    sensitive: bool = False


class HostCall(_Part):
    """A synchronous call of the host: its arguments as a digest, and its answer or why it was refused."""

    name: str
    arguments: str
    value: JsonValue = None
    refused: str | None = None
    fuel: int = 0


class Asked(_Part):
    """A request that the function made."""

    id: int
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: dict[str, str] | None
    redirect: str
    timeout_s: float
    inflate: bool = True


class RecordedTurn(_Part):
    """One entry into the function after it had waited: its clock and the answers. Without answers its time was over."""

    clock_ns: int
    answers: list[dict[str, JsonValue]] | None


class Outcome(_Part):
    """What the run came to; the texts of logs and errors are masked."""

    returned: JsonValue = None
    messages: list[JsonValue] = []
    objects: list[JsonValue] = []
    logs: list[JsonValue] = []
    error: JsonValue = None
    fuel: int
    memory_bytes: int


class Record(_Part):
    """All that one run took from outside, and what it came to."""

    format: Literal["penstock.record/1"] = FORMAT
    code: str
    image: str
    kind: FunctionKind
    handler: str
    event: str
    settings: list[Setting]
    salt: str
    check: str
    limits: dict[str, int | float]
    earlier_events: int
    clock_ns: int
    seed: str
    calls: list[HostCall]
    requests: list[Asked]
    turns: list[RecordedTurn]
    outcome: Outcome


def read(text: str) -> Record:
    """Read a record. Raises ValueError, saying where it has another form."""
    data: Any = json.loads(text)
    found = cast("dict[str, Any]", data).get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        raise ValueError(f"its format is {found!r}, what can be replayed here is {FORMAT!r}")
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{' → '.join(map(str, first['loc']))}: {first['msg']}") from None


def write(record: Record) -> str:
    """Write a record as JSON."""
    return record.model_dump_json(indent=1) + "\n"
