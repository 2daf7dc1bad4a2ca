"""A folder that declares a workspace, read and checked in itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from cli.apply.references import FORMS, Reference
from cli.apply.state import Destination, Filter, Function, Insert, Key, Kind, Source, State, Values
from cli.apply.tables import (
    DESTINATIONS,
    SOURCES,
    DestinationTable,
    FilterTable,
    SourceTable,
    read_tables,
)
from cli.apply.texts import action_text, definition_text
from cli.commands.settings.values import parse_value
from cli.function_files import kind_name
from cli.functions.local import LocalFunction, read_function
from cli.functions.manifest import FILE, fits, type_name
from cli.output import Output
from penstock.registry.v1 import function_pb2

FUNCTIONS = "functions"


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder declares. `references` are where the secrets are, by kind, key and setting."""

    state: State
    functions: dict[str, LocalFunction]
    references: dict[tuple[Kind, Key, str], Reference] = field(default_factory=dict[tuple[Kind, Key, str], Reference])


class _Reader:
    def __init__(self, folder: Path, functions: dict[str, LocalFunction]) -> None:
        self._folder = folder
        self._functions = functions
        self.references: dict[tuple[Kind, Key, str], Reference] = {}

    def sources(self, tables: Mapping[str, SourceTable]) -> dict[Key, Source]:
        found: dict[Key, Source] = {}
        for name, table in tables.items():
            place = f"{SOURCES}: {name}"
            values = self._values(Kind.SOURCE, (name,), table.function, table.settings, place, ("source",))
            found[(name,)] = Source(table.function, table.enabled, table.backlog_limit, values)
        return found

    def destinations(self, tables: Mapping[str, DestinationTable]) -> dict[Key, Destination]:
        found: dict[Key, Destination] = {}
        for name, t in tables.items():
            place = f"{DESTINATIONS}: {name}"
            values = self._values(Kind.DESTINATION, (name,), t.function, t.settings, place, ("destination",))
            found[(name,)] = Destination(
                t.function, t.enabled, t.max_per_second, t.concurrency, t.backlog_limit, values
            )
        return found

    def inserts(
        self, kind: Kind, file: str, tables: Mapping[str, SourceTable] | Mapping[str, DestinationTable]
    ) -> Iterator[tuple[Key, Insert]]:
        wanted = "insert-source" if kind is Kind.SOURCE else "insert"
        for name, table in tables.items():
            if t := table.insert:
                key, place = (kind.value, name), f"{file}: {name}.insert"
                values = self._values(Kind.INSERT, key, t.function, t.settings, place, (wanted,))
                yield key, Insert(t.function, t.name, t.enabled, values)

    def _values(
        self, kind: Kind, key: Key, function: str, settings: Mapping[str, Any], place: str, kinds: tuple[str, ...]
    ) -> Values:
        definitions = self._definitions(function, place, kinds) if function else {}
        if unknown := sorted(settings.keys() - definitions.keys()):
            known = ", ".join(definitions) or "none"
            raise self._wrong(f"{place}.settings: {function or 'it'} has no setting {unknown[0]!r}; it has: {known}.")
        missing = [
            d.name for d in definitions.values() if d.required and not d.default_value and d.name not in settings
        ]
        if missing:
            raise self._wrong(f"{place}.settings: {function} needs a value of {', '.join(missing)}.")
        plain: dict[str, Any] = {}
        for name, value in settings.items():
            definition, at = definitions[name], f"{place}.settings.{name}"
            reference = self._reference(definition, value)
            if definition.sensitive:
                if reference is None:
                    raise self._wrong(f"{at}: it is sensitive, and no secret stands in the folder: write {FORMS}.")
                self.references[kind, key, name] = reference
            else:
                plain[name] = self._resolved(definition, reference, at) if reference else value
                if not fits(type_name(definition), plain[name]):
                    raise self._wrong(f"{at}: it is not of type {type_name(definition)}.")
        secrets = frozenset(name for name in settings if definitions[name].sensitive)
        return Values(plain, secrets)

    def _reference(self, definition: function_pb2.SettingDefinition, value: object) -> Reference | None:
        # A map of texts may look like one.
        is_map = definition.type == function_pb2.SETTING_TYPE_TEXT_MAP and not definition.sensitive
        return None if is_map else Reference.read(value, self._folder)

    def _resolved(self, definition: function_pb2.SettingDefinition, reference: Reference, at: str) -> Any:
        try:
            return parse_value(definition, reference.resolve())
        except (LookupError, typer.BadParameter) as error:
            raise self._wrong(f"{at}: {str(error).rstrip('.')}.") from None

    def _definitions(
        self, function: str, place: str, kinds: tuple[str, ...]
    ) -> dict[str, function_pb2.SettingDefinition]:
        found = self._functions.get(function)
        if found is None:
            declared = ", ".join(sorted(self._functions)) or "none"
            raise self._wrong(
                f"{place}.function: no function {function!r} is declared in {FUNCTIONS}/, but {declared}."
            )
        if kind_name(found.kind) not in kinds:
            raise self._wrong(
                f"{place}.function: {function} is of kind {kind_name(found.kind)}, wanted is {' or '.join(kinds)}."
            )
        return {each.name: each for each in found.definitions}

    def _wrong(self, message: str) -> typer.BadParameter:
        return typer.BadParameter(f"{self._folder}/{message}")


def read_folder(folder: Path, output: Output) -> Folder:
    """Read a folder. Faults of code are printed, and end the command. Raises typer.BadParameter for all else."""
    functions = _functions(folder, output)
    sources = read_tables(folder / SOURCES, SourceTable)
    destinations = read_tables(folder / DESTINATIONS, DestinationTable)
    if not (functions or (folder / SOURCES).exists() or (folder / DESTINATIONS).exists()):
        raise typer.BadParameter(
            f"{folder} declares nothing: no {FUNCTIONS}/*/{FILE}, no {SOURCES}, no {DESTINATIONS}. "
            "penstock export writes such a folder."
        )
    _check_sources(folder, sources, destinations)
    reader = _Reader(folder, functions)
    state = State(
        functions={(name,): _function(each) for name, each in functions.items()},
        sources=reader.sources(sources),
        destinations=reader.destinations(destinations),
        inserts={
            **dict(reader.inserts(Kind.SOURCE, SOURCES, sources)),
            **dict(reader.inserts(Kind.DESTINATION, DESTINATIONS, destinations)),
        },
        filters=dict(_filters(destinations)),
        connections=frozenset((source, name) for name, each in destinations.items() for source in each.sources),
    )
    return Folder(state, functions, reader.references)


def _functions(folder: Path, output: Output) -> dict[str, LocalFunction]:
    found: dict[str, LocalFunction] = {}
    for file in sorted((folder / FUNCTIONS).glob(f"*/{FILE}")):
        function = read_function(file.parent, output)
        if function.name in found:
            raise typer.BadParameter(f"{file}: name: {function.name!r} is the name of another function here, too.")
        found[function.name] = function
    return found


def _function(local: LocalFunction) -> Function:
    manifest = local.manifest
    assert manifest is not None  # noqa: S101 it was found by its function.toml
    return Function(
        kind=manifest.kind,
        code=local.code,
        description=manifest.description,
        logo_url=manifest.logo_url,
        isolation=manifest.isolation,
        settings=tuple(map(definition_text, local.definitions)),
        runs=True if manifest.deploy else None,
    )


def _filters(destinations: Mapping[str, DestinationTable]) -> Iterator[tuple[Key, Filter]]:
    for name, destination in destinations.items():
        alike: dict[tuple[str, str], int] = {}
        for t in destination.filters:
            number = alike[t.source, t.title] = alike.get((t.source, t.title), 0) + 1
            yield (name, t.source, t.title, str(number)), _filter(t)


def _filter(table: FilterTable) -> Filter:
    actions = (action_text(a.type, percent=a.percent, path=a.path, fields=a.fields) for a in table.actions)
    return Filter(table.condition, tuple(sorted(actions)), table.description, table.enabled)


def _check_sources(
    folder: Path, sources: Mapping[str, SourceTable], destinations: Mapping[str, DestinationTable]
) -> None:
    for name, table in destinations.items():
        named = {f"{name}.sources": table.sources}
        named |= {f"{name}.filters[{n}].source": [f.source] for n, f in enumerate(table.filters, 1) if f.source}
        for place, names in named.items():
            if unknown := [each for each in names if each not in sources]:
                raise typer.BadParameter(
                    f"{folder / DESTINATIONS}: {place}: no source {unknown[0]!r} is declared in {SOURCES}."
                )
