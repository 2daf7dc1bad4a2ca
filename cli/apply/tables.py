"""`sources.toml` and `destinations.toml`: a table for each source and destination, under its name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic
import typer

from cli.toml_files import TomlTable, read_toml, validated

T = TypeVar("T", bound=TomlTable)

SOURCES, DESTINATIONS = "sources.toml", "destinations.toml"

_Settings = dict[str, pydantic.JsonValue]
_Count = Annotated[int, pydantic.Field(ge=0)]


def _action(data: Any) -> Any:
    """Take `"drop"` for `{ type = "drop" }`."""
    return {"type": data} if isinstance(data, str) else data


class FilterActionTable(TomlTable):
    """What a filter does with the messages that meet its condition."""

    type: Literal["drop", "sample", "drop_properties", "allow_properties"]
    percent: Annotated[float, pydantic.Field(ge=0, le=1)] = 0
    path: str = ""
    fields: dict[str, list[str]] = pydantic.Field(default_factory=dict)


class FilterTable(TomlTable):
    """A filter of a destination; without a source it looks at the messages of all."""

    title: Annotated[str, pydantic.StringConstraints(min_length=1, max_length=64)]
    condition: str
    actions: Annotated[
        list[Annotated[FilterActionTable, pydantic.BeforeValidator(_action)]], pydantic.Field(min_length=1)
    ]
    source: str = ""
    description: str = ""
    enabled: bool = True


class InsertTable(TomlTable):
    """The insert function of a source or destination."""

    function: str
    name: str = ""
    enabled: bool = True
    settings: _Settings = pydantic.Field(default_factory=dict)


class SourceTable(TomlTable):
    """A source; without a function it takes Segment messages."""

    function: str = ""
    enabled: bool = True
    backlog_limit: _Count = 0
    settings: _Settings = pydantic.Field(default_factory=dict)
    insert: InsertTable | None = None


class DestinationTable(TomlTable):
    """A destination, with the sources that are connected to it."""

    function: str
    sources: list[str] = pydantic.Field(default_factory=list)
    enabled: bool = True
    max_per_second: Annotated[float, pydantic.Field(ge=0)] = 0
    concurrency: _Count = 0
    backlog_limit: _Count = 0
    settings: _Settings = pydantic.Field(default_factory=dict)
    insert: InsertTable | None = None
    filters: list[FilterTable] = pydantic.Field(default_factory=list[FilterTable])


def read_tables(path: Path, model: type[T]) -> dict[str, T]:
    """Read the tables of a file by their names; none where there is no file. Raises typer.BadParameter."""
    if not path.exists():
        return {}
    tables = read_toml(path)
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise typer.BadParameter(f"{path}: {name}: it is no table; write [{name}] and what it has below.")
    return {name: validated(path, model, table, inside=name) for name, table in tables.items()}
