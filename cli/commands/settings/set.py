"""`penstock settings set`: give a setting its value."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.markup import escape
from rich.text import Text

from cli.commands.settings.target import OfInsert, Target, TargetName, find_target, write
from cli.commands.settings.values import parse_value
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from cli.settings_input import parse_settings

app = new_app()

_FROM = "For scripts"


@app.command("set")
@command
async def set_(
    session: Session,
    target: TargetName,
    settings: Annotated[
        list[str],
        typer.Argument(
            help="NAME asks for the value, of a sensitive setting without showing it; NAME=VALUE, NAME=@FILE and "
            "NAME=env:VARIABLE say it.",
            metavar="[NAME|NAME=VALUE]...",
            show_default=False,
        ),
    ] = [],  # noqa: B006 Typer reads it, nobody writes it
    stdin: Annotated[  # noqa: FBT002 Typer passes by name
        bool,
        typer.Option(
            "--stdin", help="Read it from standard input: the text of one NAME, else JSON.", rich_help_panel=_FROM
        ),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--from-file",
            help="Read it from a file: the text of one NAME, else a JSON object.",
            exists=True,
            dir_okay=False,
            rich_help_panel=_FROM,
        ),
    ] = None,
    insert: OfInsert = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Set values of the settings of a source, a destination or an insert function. They hold from the next event on.

    [bold]penstock settings set crm apiKey[/]   asks for it

    [bold]pass crm/key | penstock settings set crm apiKey --stdin[/]

    [bold]penstock settings set crm endpoint=https://crm.example retries=true[/]
    """
    if stdin and file:
        raise typer.BadParameter("--stdin and --from-file exclude each other.")
    found = await find_target(session.channel, target, insert=insert)
    text = sys.stdin.read() if stdin else file.read_bytes().decode() if file else None
    values = _values(session, found, settings, text)
    changed = await write(session.channel, found, values)
    session.output.show(as_dict(changed), f"Set {escape(', '.join(values))} of {escape(found.label)}")


def _values(session: Session, target: Target, settings: Sequence[str], text: str | None) -> dict[str, Any]:
    if text is not None:
        return _of_text(target, settings, text)
    if not settings:
        names = ", ".join(target.definitions or ()) or "none"
        raise typer.BadParameter(f"Name the settings; {target.label} has: {names}.")
    return {name: value for each in settings for name, value in [_one(session, target, each)]}


def _of_text(target: Target, settings: Sequence[str], text: str) -> dict[str, Any]:
    """Read what came from a file: a value as it stands without the line's end, or a JSON object of values."""
    if settings:
        if len(settings) > 1 or "=" in settings[0]:
            raise typer.BadParameter("Standard input or a file is the value of one NAME, or a JSON object of all.")
        return {settings[0]: _parsed(target, settings[0], text.removesuffix("\n").removesuffix("\r"))}
    try:
        values = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"It is not JSON: {error}.") from None
    if not isinstance(values, dict):
        raise typer.BadParameter('It is not a JSON object: {"name": value}.')
    return cast("dict[str, Any]", values)


def _one(session: Session, target: Target, assignment: str) -> tuple[str, Any]:
    name, equals, text = assignment.partition("=")
    _check_known(target, name)
    if not equals:
        return name, _asked(target, name)
    if text.startswith(("@", "env:")):
        value = json.loads(parse_settings([assignment]))[name]
        return name, _parsed(target, name, value) if isinstance(value, str) else value
    if target.is_sensitive(name):
        warning = (
            f"{name} is sensitive, and what is typed on a command line is kept in its history and seen by others on "
            f"this machine. Let it ask instead: penstock settings set {target.holder.name or '…'} {name}"
        )
        session.output.errors.print(Text(warning, style="yellow"), soft_wrap=True)
    return name, _parsed(target, name, text)


def _asked(target: Target, name: str) -> Any:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            f"Nobody is there to ask for {name}: add --stdin or --from-file, or {name}=env:VARIABLE."
        )
    hidden = target.is_sensitive(name)
    text = typer.prompt(name, hide_input=hidden, err=True, default="", show_default=False)
    if not text:
        raise typer.BadParameter(f"Nothing was given for {name}. To take its value away: penstock settings clear.")
    return _parsed(target, name, text)


def _check_known(target: Target, name: str) -> None:
    if target.definitions is not None and name not in target.definitions:
        names = ", ".join(target.definitions) or "none"
        raise typer.BadParameter(f"{target.label} has no setting {name!r}; it has: {names}.")


def _parsed(target: Target, name: str, text: str) -> Any:
    _check_known(target, name)
    if target.definitions is None:
        return text
    return parse_value(target.definitions[name], text)
