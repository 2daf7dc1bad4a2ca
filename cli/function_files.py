"""Functions as files: the code, what kind it is, and the definitions of its settings beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2

KINDS = {
    "source": config_pb2.FUNCTION_KIND_SOURCE,
    "destination": config_pb2.FUNCTION_KIND_DESTINATION,
    "insert": config_pb2.FUNCTION_KIND_INSERT_DESTINATION,
    "insert-source": config_pb2.FUNCTION_KIND_INSERT_SOURCE,
}
FunctionPath = Annotated[
    Path,
    typer.Argument(
        help="Folder with a function.toml, JavaScript or TypeScript file, or folder with a package.json, which is "
        "bundled with its packages.",
        metavar="FILE|FOLDER",
        exists=True,
        readable=True,
    ),
]
FunctionKindOption = Annotated[
    str,
    typer.Option("--kind", help=f"{', '.join(KINDS)}; as function.toml says, or guessed from the handlers by default."),
]

_PYTHON_TYPES: dict[int, type] = {
    function_pb2.SETTING_TYPE_STRING: str,
    function_pb2.SETTING_TYPE_BOOLEAN: bool,
    function_pb2.SETTING_TYPE_ARRAY: list,
    function_pb2.SETTING_TYPE_TEXT_MAP: dict,
}

_DEFINES_ON_REQUEST = re.compile(
    r"\bexports\.processEvents\b|\bfunction\s+onRequest\b|\bonRequest\s*[=:]|\bexport\s*\{[^}]*\bonRequest\b"
)


def guessed_kind(code: str) -> config_pb2.FunctionKind.ValueType:
    """Guess the kind: who defines onRequest is a source, all others are destinations."""
    return KINDS["source" if _DEFINES_ON_REQUEST.search(code) else "destination"]


def named_kind(name: str) -> config_pb2.FunctionKind.ValueType:
    """Give the kind of a name. Raises typer.BadParameter for one that is none."""
    if name not in KINDS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(KINDS)}.", param_hint="--kind")
    return KINDS[name]


def kind_name(kind: config_pb2.FunctionKind.ValueType) -> str:
    """Give the name of a kind."""
    return next((name for name, value in KINDS.items() if value == kind), config_pb2.FunctionKind.Name(kind))


def read_definitions(function: Path, file: Path | None) -> list[function_pb2.SettingDefinition]:
    """Read definitions of settings: a list of `{name, type, label?, description?, required?, sensitive?, default?}`.

    Without a file, `<code file>.settings.json` is read if it exists, of a folder its `settings.json`.

    Raises typer.BadParameter, saying what is wrong.
    """
    beside = function / "settings.json" if function.is_dir() else function.with_suffix(".settings.json")
    path = file or beside
    if not file and not path.exists():
        return []
    data = read_json(path)
    if not isinstance(data, list):
        raise typer.BadParameter(f"{path} is not a JSON list.", param_hint="--settings")
    return [_definition(path, each) for each in cast("list[Any]", data)]


def setting_values(definitions: list[function_pb2.SettingDefinition], values: dict[str, Any]) -> dict[str, Any]:
    """Give the values with which an instance would run: defaults filled in, and checked if there are definitions.

    Raises typer.BadParameter for what is missing, unknown or of another type.
    """
    if not definitions:
        return values
    wrong = [f"{name} is not defined" for name in values.keys() - {d.name for d in definitions}]
    filled: dict[str, Any] = {}
    for definition in definitions:
        default = json.loads(definition.default_value) if definition.default_value else None
        value = values.get(definition.name, default)
        if value is None and definition.required:
            wrong.append(f"{definition.name} is required")
        elif value is not None and not isinstance(value, _PYTHON_TYPES[definition.type]):
            wrong.append(f"{definition.name} is not {function_pb2.SettingType.Name(definition.type)[13:]}")
        filled[definition.name] = value
    if wrong:
        raise typer.BadParameter("; ".join(wrong) + ".", param_hint="--settings")
    return {name: value for name, value in filled.items() if value is not None}


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises typer.BadParameter that names the file, line and column."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise typer.BadParameter(f"{path} is not JSON: {error}.") from None


def _definition(path: Path, data: Any) -> function_pb2.SettingDefinition:
    given = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    if not isinstance(given.get("name"), str):
        raise typer.BadParameter(f"{path}: {json.dumps(data)} has no name.", param_hint="--settings")
    type_name = f"SETTING_TYPE_{given.get('type', 'STRING')}".upper()
    if type_name not in function_pb2.SettingType.keys():  # noqa: SIM118 an enum, not a dict
        raise typer.BadParameter(
            f"{path}: setting {given['name']!r} has the type {given['type']!r}, which is none of "
            "STRING, BOOLEAN, ARRAY, TEXT_MAP.",
            param_hint="--settings",
        )
    return function_pb2.SettingDefinition(
        name=given["name"],
        label=str(given.get("label", "")),
        description=str(given.get("description", "")),
        type=function_pb2.SettingType.Value(type_name),
        required=bool(given.get("required", False)),
        sensitive=bool(given.get("sensitive", False)),
        default_value=_as_stored(given["default"]) if "default" in given else b"",
    )


def _as_stored(value: Any) -> bytes:
    """Write a default as the registry gives it back, so that it compares equal."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
