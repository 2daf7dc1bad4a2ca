"""A workspace written as a folder that declares it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from cli.apply.folder import FUNCTIONS
from cli.apply.showing import name_of
from cli.apply.state import Destination, Filter, Insert, Key, Kind, Source, Values
from cli.apply.tables import DESTINATIONS, SOURCES
from cli.apply.workspace import Workspace
from cli.functions.manifest import FILE, manifest_of, manifest_table
from cli.toml_writing import Inline, to_toml

_ENTRY = "function.js"
_HEAD = "# Written by `penstock export`. Secrets come from the environment, when `penstock apply` needs them.\n\n"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


class Export:
    """The files of a workspace; `variables` are those of the environment that its secrets come from, with what for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._state = workspace.state()
        self.variables: dict[str, str] = {}

    @property
    def undeployed(self) -> list[str]:
        """Functions whose newest version is not all that runs: a folder has one code of each, the newest."""
        return [name for (name,), each in self._state.functions.items() if not each.runs]

    def files(self) -> dict[Path, str]:
        """Give the texts by path."""
        files = dict(self._functions())
        sources = {name: self._source(name, each) for (name,), each in sorted(self._state.sources.items())}
        destinations = {
            name: self._destination(name, each) for (name,), each in sorted(self._state.destinations.items())
        }
        for name, tables in ((SOURCES, sources), (DESTINATIONS, destinations)):
            files[Path(name)] = _HEAD + to_toml(tables)
        return files

    def _functions(self) -> Iterator[tuple[Path, str]]:
        folders: set[str] = set()
        for key, function in sorted(self._workspace.functions.items()):
            folder = _fresh(_NOT_IN_NAMES.sub("-", key[0]).strip("-").lower() or "function", folders)
            table: dict[str, Any] = {**manifest_table(manifest_of(function)), "entry": _ENTRY}
            if not self._state.functions[key].runs:
                table["deploy"] = False
            settings = table.pop("settings", None)
            yield Path(FUNCTIONS) / folder / FILE, to_toml({**table, "settings": settings})
            yield Path(FUNCTIONS) / folder / _ENTRY, function.code

    def _source(self, name: str, source: Source) -> dict[str, Any]:
        table = _unusual(source, Source())
        return {
            **table,
            "settings": self._settings(Kind.SOURCE, (name,), source.values),
            "insert": self._insert((Kind.SOURCE.value, name)),
        }

    def _destination(self, name: str, destination: Destination) -> dict[str, Any]:
        sources = sorted(source for source, other in self._state.connections if other == name)
        return {
            "function": destination.function,
            "sources": sources,
            **_unusual(destination, Destination(destination.function)),
            "settings": self._settings(Kind.DESTINATION, (name,), destination.values),
            "insert": self._insert((Kind.DESTINATION.value, name)),
            "filters": [_filter(key, each) for key, each in self._state.filters.items() if key[0] == name] or None,
        }  # fmt: skip

    def _insert(self, key: Key) -> dict[str, Any] | None:
        insert = self._state.inserts.get(key)
        if insert is None:
            return None
        table = _unusual(insert, Insert(insert.function))
        return {"function": insert.function, **table, "settings": self._settings(Kind.INSERT, key, insert.values)}

    def _settings(self, kind: Kind, key: Key, values: Values) -> dict[str, Any] | None:
        secrets = {name: Inline(env=self._variable(kind, key, name)) for name in sorted(values.secrets)}
        plain = {name: _inline(value) for name, value in values.plain.items()}
        return {**plain, **secrets} or None

    def _variable(self, kind: Kind, key: Key, name: str) -> str:
        words = (*key[-1:], *(["insert"] if kind is Kind.INSERT else []), name)
        plain = _NOT_IN_NAMES.sub("_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", "_".join(words))).strip("_").upper()
        variable = _fresh(f"X_{plain}" if plain[:1].isdigit() else plain, {*self.variables}, between="_")
        self.variables[variable] = f"{name} of {name_of(kind, key)}"
        return variable


def _unusual(thing: Any, usual: Any) -> dict[str, Any]:
    """Give what is not as it is by default."""
    names = [name for name in usual.__slots__ if name != "values"]
    return {name: value for name in names if (value := getattr(thing, name)) != getattr(usual, name)}


def _filter(key: Key, filter_: Filter) -> dict[str, Any]:
    actions = [json.loads(text) for text in filter_.actions]
    return {
        "title": key[2],
        "source": key[1] or None,
        "condition": filter_.condition,
        "actions": ["drop" if each == {"type": "drop"} else _inline(each) for each in actions],
        "description": filter_.description or None,
        "enabled": None if filter_.enabled else False,
    }


def _inline(value: Any) -> Any:
    """Have a table written in one line."""
    if not isinstance(value, dict):
        return value
    return Inline({key: _inline(each) for key, each in cast("dict[str, Any]", value).items()})


def _fresh(name: str, taken: set[str], *, between: str = "-") -> str:
    """Give the name, with a number where it is taken; it is taken then."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}{between}{number}"
    taken.add(found)
    return found
