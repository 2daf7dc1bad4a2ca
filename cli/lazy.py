"""How the modules of commands become the command line: imported when called, so that none waits for all others."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


def new_app(help: str = "", *, lazy: Mapping[str, str] | None = None) -> typer.Typer:  # noqa: A002 Typer's word
    """Make what a module's commands are added to: a group with a help text, or a single command without one."""
    return typer.Typer(
        cls=lazy_group(lazy or {}),
        help=help or None,
        no_args_is_help=bool(help),
        add_completion=False,
        rich_markup_mode="rich",
    )


def lazy_group(modules: Mapping[str, str]) -> type[TyperGroup]:
    """Make a class of groups with a command for each name: the `app` of its module.

    Listing commands in a help text imports all of them.
    """

    class LazyGroup(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return [*super().list_commands(ctx), *modules]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            command = _load(modules[cmd_name]) if cmd_name in modules else super().get_command(ctx, cmd_name)
            if command is not None:
                command.name = cmd_name
                command.help = _flowing(command.help)
            return command

    return LazyGroup


def _load(module: str) -> Any:
    app: typer.Typer = import_module(module).app
    return get_command(app)


def _flowing(text: str | None) -> str | None:
    """Take the source's line breaks out of paragraphs: Typer keeps them beside those of the terminal's width."""
    return text and "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
