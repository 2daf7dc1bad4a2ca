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
            if cmd_name not in modules:
                return super().get_command(ctx, cmd_name)
            app: typer.Typer = import_module(modules[cmd_name]).app
            command = get_command(app)
            command.name = cmd_name
            return command

    return LazyGroup
