"""`penstock functions diff`: what differs between two versions, or a version and a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.functions.diffing import diff, diff_of_code, styled
from cli.functions.local import LocalFunction, read_function
from cli.functions.manifest import FILE, Manifest, manifest_of, manifest_table
from cli.functions.versions import DEPLOYED, LATEST, VERSION_HELP, get_function, get_version
from cli.lazy import new_app
from cli.session import Session, command
from cli.toml_writing import to_toml
from penstock.registry.v1 import function_pb2, function_pb2_grpc

app = new_app()


@dataclass(frozen=True, slots=True)
class _Side:
    label: str
    code: str
    # Of what is not a version: its code is compared and the rest too.
    manifest: Manifest | None = None


@app.command("diff")
@command
async def show_diff(
    session: Session,
    function: Annotated[
        str,
        typer.Argument(help="Function, by name or id; or its folder or file, with a / in it.", metavar="FUNCTION|PATH"),
    ],
    a: Annotated[str, typer.Argument(help=f"Version, {VERSION_HELP}; or a path. DEPLOYED by default.")] = "",
    b: Annotated[str, typer.Argument(help="Version or path to compare it with. LATEST by default.")] = "",
) -> None:
    """Show what differs between two versions of a function, or a version and your files.

    [bold]penstock functions diff crm[/]   what a deployment would change

    [bold]penstock functions diff crm 3 5[/]   between versions 3 and 5

    [bold]penstock functions diff ./crm[/]   what a push would change
    """
    stub = function_pb2_grpc.FunctionServiceStub(session.channel)
    local = read_function(Path(function), session.output) if _is_path(function) else None
    found = await get_function(stub, local.name if local else function)
    if local:
        sides = [await _side(session, found, a or LATEST), _local(local)]
    else:
        sides = [
            await _side(session, found, a or _default(found)),
            await _side(session, found, b or LATEST),
        ]
    lines = _lines(found, *sides)
    labels = " and ".join(side.label for side in sides)
    session.output.show(
        {"a": sides[0].label, "b": sides[1].label, "different": bool(lines), "diff": lines},
        styled(lines) if lines else f"No difference between {escape(labels)} of [bold]{escape(found.display_name)}[/].",
    )


def _default(function: function_pb2.Function) -> str:
    if not function.deployed_version_id:
        raise typer.BadParameter(
            f"No version of {function.display_name} has been deployed yet: name two versions to compare."
        )
    return DEPLOYED


def _is_path(text: str) -> bool:
    return os.sep in text or text in (".", "..")


async def _side(session: Session, function: function_pb2.Function, reference: str) -> _Side:
    if _is_path(reference):
        return _local(read_function(Path(reference), session.output))
    version = await get_version(function_pb2_grpc.FunctionServiceStub(session.channel), function, reference)
    word = f"{reference.upper()}, " if reference.upper() in (LATEST, DEPLOYED) else ""
    return _Side(f"{word}version {version.number}", version.code)


def _local(local: LocalFunction) -> _Side:
    manifest = local.manifest and local.manifest.model_copy(update={"name": local.name})
    return _Side(str(local.source.path), local.code, manifest)


def _lines(function: function_pb2.Function, before: _Side, after: _Side) -> list[str]:
    labels = (before.label, after.label)
    lines = diff_of_code(before.code, after.code, labels=labels)
    if before.manifest or after.manifest:
        # What is not versioned is as it is now.
        texts = [_written(side.manifest or manifest_of(function)) for side in (before, after)]
        lines += diff({FILE: texts[0]}, {FILE: texts[1]}, labels=labels)
    return lines


def _written(manifest: Manifest) -> str:
    known = {"name", "kind", "description", "logo_url", "isolation", "settings"}
    return to_toml({key: value for key, value in manifest_table(manifest).items() if key in known})
