"""`penstock settings clear`: take a value away."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cli.commands.settings.target import OfInsert, TargetName, find_target, write
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command

app = new_app()


@app.command("clear")
@command
async def clear(
    session: Session,
    target: TargetName,
    names: Annotated[list[str], typer.Argument(help="Settings.", metavar="NAME...")],
    insert: OfInsert = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Take values away: what has a default has that again, and a sensitive value is gone for good.

    [bold]penstock settings clear crm apiKey[/]
    """
    found = await find_target(session.channel, target, insert=insert)
    changed = await write(session.channel, found, dict.fromkeys(names))
    session.output.show(as_dict(changed), f"Cleared {escape(', '.join(names))} of {escape(found.label)}")
