"""`penstock deliveries`: what became of events, and another try for those that failed."""

from __future__ import annotations

from cli.lazy import new_app

_COMMANDS = ("list", "show", "stats", "replay", "replays", "cancel", "purge")

app = new_app(
    "See what became of events, count it, and send those that failed on their way again.",
    lazy={name: f"cli.commands.deliveries.{name}" for name in _COMMANDS},
)


@app.callback()
def group() -> None:
    """Be a group though no command is loaded yet."""
