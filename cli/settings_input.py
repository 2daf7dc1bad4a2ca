"""Settings as people type them: `--set name=value`, with `@file` and environment variables for what is secret."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Value of a setting, as JSON or plain text; [bold]NAME=@FILE[/] reads a file, "
        "[bold]NAME=env:VARIABLE[/] the environment. Repeat for more.",
    ),
]


def parse_settings(assignments: Sequence[str]) -> bytes:
    """Make the JSON object of `name=value` assignments. Raises typer.BadParameter, naming the assignment."""
    return json.dumps(dict(_assignment(each) for each in assignments)).encode()


def _assignment(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--set")
    if value.startswith("@"):
        return name, _read(Path(value[1:]))
    if value.startswith("env:"):
        return name, _environment(value[4:])
    try:
        return name, json.loads(value) if value[:1] in '[{"tf' else value
    except json.JSONDecodeError:
        return name, value


def _read(path: Path) -> str:
    try:
        return path.read_text().rstrip("\n")
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}.", param_hint="--set") from None


def _environment(variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise typer.BadParameter(f"The environment has no variable {variable}.", param_hint="--set") from None
