"""`penstock export`: write a workspace as a folder that declares it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from cli.apply.workspace import Workspace
from cli.apply.writing import Export
from cli.lazy import new_app
from cli.output import table
from cli.session import Session, command

app = new_app()


@app.command()
@command
async def export(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(help="Folder to write; it must not hold anything.", metavar="DIR", file_okay=False)
    ],
) -> None:
    """Write the workspace as a folder, for which [bold]penstock apply[/] then finds nothing to do.

    Of each function it holds the newest code. Secrets are not in it, but the names of environment variables that they
    come from when another workspace is made of it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty, and is not overwritten.")
    exported = Export(await Workspace.read(session.channel))
    files = exported.files()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        # Bytes: line ends of code stay as they are.
        (folder / path).write_bytes(text.encode())
    data = {
        "files": [str(folder / path) for path in files],
        "variables": exported.variables,
        "undeployed": exported.undeployed,
    }
    session.output.show(data, Group(*_parts(folder, files, exported)))


def _parts(folder: Path, files: dict[Path, str], exported: Export) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(f"Wrote {len(files)} files to {folder}")]
    if exported.undeployed:
        names = ", ".join(exported.undeployed)
        parts.append(Text(f"An older version runs of {names}; `deploy = false` leaves it so.", style="yellow"))
    if exported.variables:
        rows = [[f"[bold]{name}[/]", escape(what)] for name, what in exported.variables.items()]
        parts += ["\nWhoever applies it elsewhere sets these variables:", table(["VARIABLE", "FOR"], rows, empty="")]
    return parts
