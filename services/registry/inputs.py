"""What people send to create and change things, checked before anything else looks at it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2, function_pb2, source_pb2
from services.registry.request_digest import request_digest
from services.registry.settings_schema import MAX_DEFINITIONS, SettingDefinition
from services.registry.validation import parse_json, validated
from shared.code import MAX_CODE_BYTES

MAX_BACKLOG = 10**12
MAX_CONCURRENCY = 10_000
MAX_URL = 2048
MIN_RATE, MAX_RATE = 0.01, 1_000_000
TYPE_PREFIX = "SETTING_TYPE_"
# The integrations object says `"All": false` of all destinations together.
_ALL_DESTINATIONS = "All"
_ID_CHARACTERS = 26


def _not_an_id(name: str) -> str:
    """Refuse names that look like ids: where a request may say either, one must never mean the other."""
    prefix, _, rest = name.partition("_")
    if prefix in {"fn", "src", "dst"} and len(rest) == _ID_CHARACTERS and rest.isalnum():
        raise ValueError("looks like an id")
    return name


def _url(text: str) -> str:
    """Refuse what a browser would not load as a picture from elsewhere."""
    if text and not _is_url(text):
        raise ValueError("is not an http or https URL")
    return text


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable() and " " not in text


# One line of text without blanks around it.
NAME_PATTERN = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=NAME_PATTERN), AfterValidator(_not_an_id)]
# PostgreSQL cannot store NUL in text.
NO_NUL = "^[^\0]*$"


class RequestInput(BaseModel):
    """What goes with a request beside the thing that it is about; `digest` tells the request from others."""

    model_config = ConfigDict(frozen=True)

    request_id: Annotated[str, StringConstraints(max_length=128, pattern=r"^[\x20-\x7e]*$")] = ""
    message: Annotated[str, StringConstraints(max_length=1024, pattern=NO_NUL)] = ""
    digest: str = ""


class FunctionInput(BaseModel):
    """Fields of a function that were sent; an update sends some of them."""

    model_config = ConfigDict(frozen=True)

    display_name: Name = ""
    description: Annotated[str, StringConstraints(max_length=4096, pattern=NO_NUL)] = ""
    logo_url: Annotated[str, StringConstraints(max_length=MAX_URL), AfterValidator(_url)] = ""
    code: Annotated[str, StringConstraints(pattern=NO_NUL)] = ""
    settings: Annotated[list[SettingDefinition], Field(max_length=MAX_DEFINITIONS)] = []
    isolation: int = 0
    kind: int = 0
    language: int = 0

    @field_validator("code")
    @classmethod
    def check_code(cls, code: str) -> str:
        """Bound the source text as its UTF-8."""
        if not code.strip():
            raise ValueError("is empty")
        if len(code.encode()) > MAX_CODE_BYTES:
            raise ValueError(f"is longer than {MAX_CODE_BYTES} bytes")
        return code

    @field_validator("settings")
    @classmethod
    def check_unique(cls, settings: list[SettingDefinition]) -> list[SettingDefinition]:
        """Refuse two settings of one name."""
        names = [setting.name for setting in settings]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"defined twice: {', '.join(twice)}")
        return settings

    @field_validator("kind")
    @classmethod
    def check_kind(cls, kind: int) -> int:
        """Refuse kinds that this release does not know."""
        if kind == config_pb2.FUNCTION_KIND_UNSPECIFIED or kind not in config_pb2.FunctionKind.values():
            raise ValueError("is not a kind of function")
        return kind

    @field_validator("language")
    @classmethod
    def check_language(cls, language: int) -> int:
        """Write the default out, so that it can change later."""
        if language not in config_pb2.Language.values():
            raise ValueError("is not a language")
        return language or config_pb2.LANGUAGE_JAVASCRIPT

    @field_validator("isolation")
    @classmethod
    def check_isolation(cls, isolation: int) -> int:
        """Write the default out, so that it can change later."""
        if isolation not in config_pb2.Isolation.values():
            raise ValueError("is not an isolation")
        return isolation or config_pb2.ISOLATION_INSTANCE


class SourceInput(BaseModel):
    """Fields of a source that were sent; its settings are checked against the function."""

    model_config = ConfigDict(frozen=True)

    name: Name = ""
    enabled: bool = True
    settings: bytes = b""
    backlog_limit: Annotated[int, Field(le=MAX_BACKLOG)] = 0


class DestinationInput(SourceInput):
    """Fields of a destination that were sent."""

    concurrency: Annotated[int, Field(le=MAX_CONCURRENCY)] = 0
    max_per_second: Annotated[float, Field(ge=0, le=MAX_RATE, allow_inf_nan=False)] = 0

    @field_validator("max_per_second")
    @classmethod
    def check_rate(cls, rate: float) -> float:
        """Refuse rates that would hardly ever let anything through."""
        if 0 < rate < MIN_RATE:
            raise ValueError(f"must be at least {MIN_RATE}, or 0 for no limit")
        return rate

    @field_validator("name")
    @classmethod
    def check_name(cls, name: str) -> str:
        """Keep the name free that means all destinations."""
        if name == _ALL_DESTINATIONS:
            raise ValueError(f"{_ALL_DESTINATIONS!r} means all destinations in the integrations object")
        return name


def function_input(function: function_pb2.Function, fields: Collection[str]) -> FunctionInput:
    """Check these fields of a function. Raises InvalidArgument."""
    sent = {field: getattr(function, field) for field in fields if field != "settings"}
    if "settings" in fields:
        sent["settings"] = [_definition(each, index) for index, each in enumerate(function.settings)]
    return validated(FunctionInput, sent, root="function")


def source_input(source: source_pb2.Source, fields: Collection[str]) -> SourceInput:
    """Check these fields of a source. Raises InvalidArgument."""
    return validated(SourceInput, {field: getattr(source, field) for field in fields}, root="source")


def destination_input(destination: destination_pb2.Destination, fields: Collection[str]) -> DestinationInput:
    """Check these fields of a destination. Raises InvalidArgument."""
    return validated(DestinationInput, {field: getattr(destination, field) for field in fields}, root="destination")


def request_input(request: Any) -> RequestInput:
    """Check `request_id` and `message` of a request that has them. Raises InvalidArgument."""
    sent = {field: getattr(request, field) for field in ("request_id", "message") if hasattr(request, field)}
    digest = request_digest(request) if sent.get("request_id") else ""
    return validated(RequestInput, {**sent, "digest": digest}, root="request")


def _definition(setting: function_pb2.SettingDefinition, index: int) -> dict[str, Any]:
    default = setting.default_value and parse_json(
        setting.default_value, field=f"function.settings[{index}].default_value"
    )
    return {
        "name": setting.name,
        "label": setting.label,
        "description": setting.description,
        "type": _type_name(setting.type),
        "required": setting.required,
        "sensitive": setting.sensitive,
        "default": default if setting.default_value else None,
    }


def _type_name(number: function_pb2.SettingType.ValueType) -> str:
    known = number in function_pb2.SettingType.values()
    return function_pb2.SettingType.Name(number).removeprefix(TYPE_PREFIX) if known else str(number)
