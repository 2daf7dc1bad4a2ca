"""The function that is tried: its code, kind and the definitions of its settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.function_files import named_kind, setting_values
from cli.functions.local import read_function
from cli.output import Output
from penstock.registry.v1 import function_pb2
from services.executor.conversion import KINDS
from services.executor.results import FunctionKind


@dataclass(frozen=True, slots=True)
class Function:
    """A function as it stands in its files."""

    file: Path
    # As it runs: compiled or bundled where it has to be.
    code: str
    kind: FunctionKind
    definitions: list[function_pb2.SettingDefinition]

    @classmethod
    def read(cls, file: Path, kind: str, output: Output) -> Function:
        """Read a function; faults of its sources are printed, and end the command. Raises typer.BadParameter."""
        read = read_function(file, output, kind=kind)
        return cls(read.source.path, read.code, KINDS[read.kind], read.definitions)

    def kind_named(self, name: str) -> FunctionKind:
        """Give the kind of a name, the function's own without one. Raises typer.BadParameter."""
        return KINDS[named_kind(name)] if name else self.kind

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        """Give the settings with which it runs. Raises typer.BadParameter."""
        return setting_values(self.definitions, given)

    def sensitive(self, values: dict[str, Any]) -> dict[str, Any]:
        """Give those of the settings that are marked sensitive."""
        return {each.name: values[each.name] for each in self.definitions if each.sensitive and each.name in values}


def files_of(function: Path) -> Iterator[Path]:
    """Give the files that a function is made of."""
    if function.is_dir():
        yield from (each for each in function.rglob("*") if "node_modules" not in each.parts)
    else:
        yield function.with_suffix(".settings.json")
    yield function
    # What it may import.
    yield from (each for each in function.parent.glob("*.[jt]s") if function.is_file())
