"""`function.toml`: what a function is beside its code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from cli.function_files import kind_name
from cli.toml_files import TomlTable, read_toml, validated
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2

FILE = "function.toml"
ISOLATIONS = {
    "instance": config_pb2.ISOLATION_INSTANCE,
    "invocation": config_pb2.ISOLATION_INVOCATION,
}
TYPE_PREFIX = "SETTING_TYPE_"

_Name = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=120)]
_Type = Literal["STRING", "BOOLEAN", "ARRAY", "TEXT_MAP"]


class Setting(TomlTable):
    """A setting that each instance of a function has a value for."""

    name: Annotated[str, pydantic.StringConstraints(pattern="^[A-Za-z0-9_]{1,64}$")]
    label: Annotated[str, pydantic.StringConstraints(max_length=120)] = ""
    description: Annotated[str, pydantic.StringConstraints(max_length=1024)] = ""
    type: Annotated[_Type, pydantic.BeforeValidator(lambda each: each.upper() if isinstance(each, str) else each)] = (
        "STRING"
    )
    required: bool = False
    sensitive: bool = False
    default: pydantic.JsonValue = None

    @pydantic.model_validator(mode="after")
    def check_default(self) -> Setting:
        """Refuse a default that no instance could have as its value."""
        if self.default is not None and self.sensitive:
            raise ValueError("a sensitive setting has no default: everybody who sees the function would see it")
        if self.default is not None and not fits(self.type, self.default):
            raise ValueError(f"default is not of type {self.type}")
        return self

    def definition(self) -> function_pb2.SettingDefinition:
        """Give it as the registry knows it."""
        return function_pb2.SettingDefinition(
            name=self.name,
            label=self.label,
            description=self.description,
            type=function_pb2.SettingType.Value(TYPE_PREFIX + self.type),
            required=self.required,
            sensitive=self.sensitive,
            default_value=b"" if self.default is None else _json(self.default),
        )


class Manifest(TomlTable):
    """A function's folder in words. `deploy` is for `penstock apply`: false leaves what runs as it is."""

    name: _Name | None = None
    kind: Literal["source", "destination", "insert", "insert-source"]
    description: Annotated[str, pydantic.StringConstraints(max_length=4096)] = ""
    logo_url: Annotated[str, pydantic.StringConstraints(max_length=2048, pattern=r"^(https?://\S+)?$")] = ""
    isolation: Literal["instance", "invocation"] = "instance"
    entry: str = ""
    deploy: bool = True
    settings: Annotated[list[Setting], pydantic.Field(max_length=100)] = pydantic.Field(default_factory=list[Setting])

    @pydantic.field_validator("settings")
    @classmethod
    def check_unique(cls, settings: list[Setting]) -> list[Setting]:
        """Refuse two settings of one name."""
        names = [each.name for each in settings]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"defined twice: {', '.join(twice)}")
        return settings


def read_manifest(folder: Path) -> Manifest | None:
    """Read the `function.toml` of a folder; None where there is none. Raises typer.BadParameter."""
    path = folder / FILE
    if not path.is_file():
        return None
    return validated(path, Manifest, read_toml(path))


def manifest_of(function: function_pb2.Function) -> Manifest:
    """Give what a file would say of a function of the registry; `name` is always set."""
    isolations = {number: name for name, number in ISOLATIONS.items()}
    return Manifest.model_construct(
        name=function.display_name,
        kind=kind_name(function.kind),
        description=function.description,
        logo_url=function.logo_url,
        isolation=isolations.get(function.isolation, "instance"),
        settings=[setting_of(each) for each in function.settings],
    )


def setting_of(definition: function_pb2.SettingDefinition) -> Setting:
    """Give a definition of the registry as a file has it."""
    return Setting.model_construct(
        name=definition.name,
        label=definition.label,
        description=definition.description,
        type=type_name(definition),
        required=definition.required,
        sensitive=definition.sensitive,
        default=json.loads(definition.default_value) if definition.default_value else None,
    )


def type_name(definition: function_pb2.SettingDefinition) -> str:
    """Give the type of a setting as people write it: `STRING`."""
    return function_pb2.SettingType.Name(definition.type).removeprefix(TYPE_PREFIX)


def fits(type_: str, value: Any) -> bool:
    """Tell whether a JSON value is of this type."""
    match type_:
        case "STRING":
            return isinstance(value, str)
        case "BOOLEAN":
            return isinstance(value, bool)
        case "ARRAY":
            return isinstance(value, list) and all(isinstance(each, str) for each in value)  # pyright: ignore[reportUnknownVariableType]
        case _:
            return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())  # pyright: ignore[reportUnknownVariableType]


def manifest_table(manifest: Manifest) -> dict[str, Any]:
    """Give what stands in the file: all that is not as it is by default."""
    table = manifest.model_dump(exclude_defaults=True)
    settings = [
        {"name": each.name, "type": each.type, **each.model_dump(exclude_defaults=True)} for each in manifest.settings
    ]
    return {"name": manifest.name, "kind": manifest.kind, **table} | ({"settings": settings} if settings else {})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
