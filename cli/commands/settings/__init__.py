"""`penstock settings`: values with which functions run."""

from __future__ import annotations

from cli.lazy import new_app

_COMMANDS = ("set", "list", "clear")

app = new_app(
    "Give sources, destinations and insert functions the values of their settings.",
    lazy={name: f"cli.commands.settings.{name}" for name in _COMMANDS},
)


@app.callback()
def group() -> None:
    """Be a group though no command is loaded yet."""
