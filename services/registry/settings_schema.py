"""Settings of functions: their definitions, and which values fit them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self, cast

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from services.registry.validation import parse_json, refuse
from shared.errors import FieldViolation

# A page of 1,000 instances with this many each stays a bounded answer; larger values are for the function to fetch.
MAX_SETTINGS_BYTES = 64 * 1024
MAX_DEFINITIONS = 100

Text = StringConstraints(max_length=1024, pattern="^[^\0]*$")


class SettingType(StrEnum):
    """What a value is; the words are those of the contract, without its prefix."""

    STRING = "STRING"
    BOOLEAN = "BOOLEAN"
    ARRAY = "ARRAY"
    TEXT_MAP = "TEXT_MAP"

    def fits(self, value: Any) -> bool:
        """Tell whether a JSON value is of this type."""
        match self:
            case SettingType.STRING:
                return isinstance(value, str)
            case SettingType.BOOLEAN:
                return isinstance(value, bool)
            case SettingType.ARRAY:
                return isinstance(value, list) and _all_text(cast("list[Any]", value))
            case SettingType.TEXT_MAP:
                return isinstance(value, dict) and _all_text(cast("dict[str, Any]", value).values())


class SettingDefinition(BaseModel):
    """A setting that each instance of a function has a value for."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_]{1,64}$")]
    label: Annotated[str, StringConstraints(max_length=120, pattern="^[^\0]*$")] = ""
    description: Annotated[str, Text] = ""
    type: SettingType
    required: bool = False
    sensitive: bool = False
    default: Any = None

    @model_validator(mode="after")
    def check_default(self) -> Self:
        """Refuse defaults that do not fit, and those of sensitive settings: definitions are shown to people."""
        if self.default is None:
            return self
        if self.sensitive:
            raise ValueError("a sensitive setting has no default")
        if not self.type.fits(self.default):
            raise ValueError(f"the default is not of type {self.type}")
        if len(json.dumps(self.default)) > MAX_SETTINGS_BYTES:
            raise ValueError(f"the default is longer than {MAX_SETTINGS_BYTES} bytes")
        return self


@dataclass(frozen=True, slots=True, repr=False)
class SettingChanges:
    """What a request does to an instance's values. Sensitive ones are JSON bytes, and on their way to `secrets`."""

    plain: dict[str, Any]
    sensitive: dict[str, bytes]
    cleared: frozenset[str]


def parse_changes(
    text: bytes, definitions: Iterable[SettingDefinition], *, field: str, clearable: Iterable[str] = ()
) -> SettingChanges:
    """Read the JSON object of a request's `settings`; null clears a value.

    `clearable` names values that are there though no definition is any more. Raises InvalidArgument for unknown names
    and for values of another type.
    """
    values = _parse_object(text, field)
    known = {definition.name: definition for definition in definitions}
    cleared = {name for name, value in values.items() if value is None}
    wrong = [
        FieldViolation(f"{field}.{name[:64]}", problem)
        for name, value in values.items()
        if (problem := _problem(known.get(name), value, may_clear=name in clearable))
    ]
    if wrong:
        refuse(*wrong)
    given = {name: value for name, value in values.items() if name not in cleared}
    return SettingChanges(
        plain={name: value for name, value in given.items() if not known[name].sensitive},
        sensitive={
            name: json.dumps(value, ensure_ascii=False).encode()
            for name, value in given.items()
            if known[name].sensitive
        },
        cleared=frozenset(cleared),
    )


def check_complete(
    definitions: Iterable[SettingDefinition], plain: Mapping[str, Any], sensitive: Iterable[str], *, field: str
) -> None:
    """Raise InvalidArgument when a required setting has neither value nor default."""
    has = {*plain, *sensitive}
    missing = [d.name for d in definitions if d.required and d.default is None and d.name not in has]
    if missing:
        refuse(*(FieldViolation(f"{field}.{name}", "a value is required") for name in missing))


def effective(definitions: Iterable[SettingDefinition], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that a handler sees: those that fit today's definitions, and defaults where there are none."""
    seen = {d.name: _value(d, plain) for d in definitions if not d.sensitive}
    return {name: value for name, value in seen.items() if value is not None}


def _value(definition: SettingDefinition, plain: Mapping[str, Any]) -> Any:
    value = plain.get(definition.name)
    return value if definition.type.fits(value) else definition.default


def _parse_object(text: bytes, field: str) -> dict[str, Any]:
    if len(text) > MAX_SETTINGS_BYTES:
        refuse(FieldViolation(field, f"is longer than {MAX_SETTINGS_BYTES} bytes"))
    value = parse_json(text or b"{}", field=field)
    if not isinstance(value, dict):
        refuse(FieldViolation(field, "is not a JSON object"))
    return cast("dict[str, Any]", value)


def _problem(definition: SettingDefinition | None, value: Any, *, may_clear: bool) -> str:
    if value is None and may_clear:
        return ""
    if definition is None:
        return "the function has no such setting"
    return "" if value is None or definition.type.fits(value) else f"is not of type {definition.type}"


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
