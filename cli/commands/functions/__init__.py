"""`penstock functions`: write, test, push and deploy functions."""

from __future__ import annotations

from cli.lazy import new_app

_COMMANDS = ("init", "push", "deploy", "list", "show", "versions", "restore", "diff", "delete")

app = new_app(
    "Write, test, push and deploy functions.",
    lazy={
        **{name: f"cli.commands.functions.{name}" for name in _COMMANDS},
        "test": "cli.commands.function_test",
        "types": "cli.commands.function_types",
    },
)


@app.callback()
def group() -> None:
    """Be a group though no command is loaded yet."""
