"""`penstock functions init`: a folder to begin a function with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.function_files import KINDS, named_kind
from cli.functions.templates import write_template
from cli.lazy import new_app
from cli.output import Output
from cli.session import Json

app = new_app()


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(help="Folder to make; its last part is the function's name.", metavar="NAME|FOLDER")
    ],
    kind: Annotated[str, typer.Option("--kind", help=", ".join(KINDS))],
    typescript: Annotated[bool, typer.Option("--typescript", help="Write it in TypeScript.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Make a folder for a new function: code, function.toml, something to try it with, a first case, types for editors.

    [bold]penstock functions init signups --kind source[/]
    """
    named_kind(kind)
    name = folder.resolve().name
    written = write_template(folder, name=name, kind=kind, typescript=typescript)
    there, named = shlex.quote(str(folder)), shlex.quote(name)
    following = (
        f"penstock functions test {there}",
        f"penstock functions push {there}",
        f"penstock functions deploy {named}",
    )
    listed = "\n".join(f"  {escape(str(each))}" for each in written)
    Output(as_json=as_json).show(
        {"name": name, "kind": kind, "written": [str(each) for each in written], "next": list(following)},
        f"Made the {kind} function [bold]{escape(name)}[/]:\n{listed}\n\nNow change it, and:\n"
        + "\n".join(f"  {escape(each)}" for each in following),
    )
