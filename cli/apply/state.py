"""What a workspace is made of, by the names that people give: the same for what is declared and for what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Key = tuple[str, ...]


class Kind(StrEnum):
    """Things of a workspace."""

    FUNCTION = "function"
    SOURCE = "source"
    DESTINATION = "destination"
    INSERT = "insert"
    FILTER = "filter"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Values:
    """Values of settings. Those of sensitive ones are never known here, but whether they are set."""

    plain: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Function:
    """A function; `settings` are its definitions, each as JSON.

    `runs` tells whether all that runs of it is its newest code; declared as None it is left as it is.
    """

    kind: str
    code: str
    description: str = ""
    logo_url: str = ""
    isolation: str = "instance"
    settings: tuple[str, ...] = ()
    runs: bool | None = True


@dataclass(frozen=True, slots=True)
class Source:
    """A source; without a function it takes Segment messages."""

    function: str = ""
    enabled: bool = True
    backlog_limit: int = 0
    values: Values = Values()


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination."""

    function: str
    enabled: bool = True
    max_per_second: float = 0
    concurrency: int = 0
    backlog_limit: int = 0
    values: Values = Values()


@dataclass(frozen=True, slots=True)
class Insert:
    """An insert function in use."""

    function: str
    name: str = ""
    enabled: bool = True
    values: Values = Values()


@dataclass(frozen=True, slots=True)
class Filter:
    """A destination filter; `actions` are JSON objects, sorted."""

    condition: str
    actions: tuple[str, ...]
    description: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """A workspace.

    Keys are names. An insert's is `(source or destination, its name)`, a filter's `(destination, source or "", title,
    which of those alike)`, a connection `(source, destination)`.
    """

    functions: Mapping[Key, Function] = field(default_factory=dict[Key, Function])
    sources: Mapping[Key, Source] = field(default_factory=dict[Key, Source])
    destinations: Mapping[Key, Destination] = field(default_factory=dict[Key, Destination])
    inserts: Mapping[Key, Insert] = field(default_factory=dict[Key, Insert])
    filters: Mapping[Key, Filter] = field(default_factory=dict[Key, Filter])
    connections: frozenset[Key] = frozenset()

    def of(self, kind: Kind) -> Mapping[Key, Any]:
        """Give all things of a kind by their keys; a connection is nothing but its key."""
        if kind is Kind.CONNECTION:
            return dict.fromkeys(self.connections, True)
        return getattr(self, f"{kind}s")
