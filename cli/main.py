"""The command line, assembled from its commands."""

from __future__ import annotations

import typer

from cli.lazy import lazy_group

_COMMANDS = (
    "up",
    "demo",
    "functions",
    "sources",
    "destinations",
    "connect",
    "filters",
    "inserts",
    "settings",
    "apply",
    "export",
    "deliveries",
    "traces",
    "workspace",
    "workspaces",
    "members",
    "tokens",
    "audit",
    "secrets",
    "usage",
    "doctor",
)

app = typer.Typer(
    name="penstock",
    cls=lazy_group({name: f"cli.commands.{name}" for name in _COMMANDS}),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="A few lines of JavaScript become a source, a destination or a transform, on your own machines.",
    epilog="Begin with [bold]penstock demo[/], or [bold]penstock up[/] and the other commands in a second terminal.",
)


@app.callback()
def main_options() -> None:
    """Take no options: those of the installation stand behind each command."""


def main() -> None:
    """Run the command line."""
    app()
