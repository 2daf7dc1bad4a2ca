"""A function as it stands in its files: a folder with a `function.toml`, a package, or a single file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from cli.bundling import Source, code_of, entry_of, read_source
from cli.code_errors import SourceFaultsError, show_faults
from cli.function_files import KINDS, guessed_kind, named_kind, read_definitions
from cli.functions.manifest import FILE, ISOLATIONS, Manifest, read_manifest
from cli.output import Output
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """What files say of a function. `manifest` is None where no `function.toml` does: code and settings are all."""

    source: Source
    name: str
    # As it runs: compiled or bundled where it has to be.
    code: str
    kind: config_pb2.FunctionKind.ValueType
    # Whether nobody said the kind.
    guessed: bool
    definitions: list[function_pb2.SettingDefinition]
    manifest: Manifest | None

    @property
    def fields(self) -> list[str]:
        """Name what the files have to say of: the update mask of a push."""
        return ["code", "settings", *(["description", "logo_url", "isolation"] if self.manifest else [])]

    def message(self) -> function_pb2.Function:
        """Give it as the registry takes it."""
        function = function_pb2.Function(
            display_name=self.name, kind=self.kind, code=self.code, settings=self.definitions
        )
        if self.manifest:
            function.description = self.manifest.description
            function.logo_url = self.manifest.logo_url
            function.isolation = ISOLATIONS[self.manifest.isolation]
        return function


def read_function(
    path: Path, output: Output, *, kind: str = "", name: str = "", settings: Path | None = None
) -> LocalFunction:
    """Read a function; `kind`, `name` and `settings` are what a person says beside the files.

    What is wrong in the sources is printed, and ends the command with status 1. Raises typer.BadParameter.
    """
    manifest = read_manifest(path) if path.is_dir() else None
    source = _source_of(path, manifest)
    if manifest:
        _refuse_contradiction(path, manifest, kind, settings)
        own_kind = KINDS[manifest.kind]
    else:
        own_kind = named_kind(kind) if kind else guessed_kind(source.text)
    return LocalFunction(
        source=source,
        name=name or (manifest and manifest.name) or (path.resolve().name if manifest else source.name),
        code=_code_of(source, output),
        kind=own_kind,
        guessed=not (kind or manifest),
        definitions=[s.definition() for s in manifest.settings] if manifest else read_definitions(path, settings),
        manifest=manifest,
    )


def _source_of(path: Path, manifest: Manifest | None) -> Source:
    if manifest is None:
        return read_source(path)
    is_package = (path / "package.json").is_file()
    if not manifest.entry:
        entry = entry_of(path)
    elif not (entry := path / manifest.entry).is_file():
        raise typer.BadParameter(f"{path / FILE}: entry: there is no file {manifest.entry} in {path}.")
    return Source(path, entry, read_source(entry).text) if is_package else read_source(entry)


def _refuse_contradiction(path: Path, manifest: Manifest, kind: str, settings: Path | None) -> None:
    if kind and kind != manifest.kind:
        raise typer.BadParameter(f"{path / FILE} says that it is {manifest.kind!r}.", param_hint="--kind")
    if settings:
        raise typer.BadParameter(f"{path / FILE} defines them, as [[settings]].", param_hint="--settings")


def _code_of(source: Source, output: Output) -> str:
    try:
        return code_of(source)
    except SourceFaultsError as error:
        show_faults(output, error.faults)
        raise typer.Exit(1) from None
