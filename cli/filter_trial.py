"""`penstock filters test`: a filter on events from a file, without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.markup import escape

from cli.filter_options import (
    AllowProperties,
    Condition,
    Drop,
    DropProperties,
    Sample,
    SamplePath,
    actions_of,
    read_condition,
)
from cli.output import Output
from cli.session import Json
from penstock.config.v1 import config_pb2
from shared.filters import Filters
from shared.fql import Condition as Parsed
from shared.fql import FqlError, Undecidable, parse

Events = Annotated[
    Path,
    typer.Argument(help="JSON file: an event, an array of them, or one in each line.", exists=True, dir_okay=False),
]


def try_filter(
    events: Events,
    condition: Condition = "all",
    drop: Drop = False,  # noqa: FBT002 Typer passes by name
    sample: Sample = None,
    path: SamplePath = "",
    drop_properties: DropProperties = [],  # noqa: B006 Typer reads it, nobody writes it
    allow_properties: AllowProperties = [],  # noqa: B006
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Tell which events of a file meet a condition, and what a filter makes of them. Needs no server.

    [bold]penstock filters test event.json --if "match(event, 'Order *')" --drop-properties properties.email[/]
    """
    output = Output(as_json=as_json)
    text = read_condition(condition)
    try:
        parsed = parse(text)
    except FqlError as error:
        _complain(output, text, error)
        raise typer.Exit(1) from None
    actions = actions_of(
        drop=drop, sample=sample, path=path, drop_properties=drop_properties, allow_properties=allow_properties
    )
    filters = Filters([config_pb2.FilterConfig(condition=text, actions=actions)])
    told = [_told(parsed, filters, event) for event in _events(events)]
    output.show(told, "\n".join(_line(number, each) for number, each in enumerate(told, start=1)))


def _events(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8", "replace")
    try:
        read = json.loads(text)
    except ValueError:
        read = [_parsed(path, line) for line in text.splitlines() if line.strip()]
    except RecursionError:
        raise typer.BadParameter(f"{path} nests too deep.") from None
    events = cast("list[Any]", read if isinstance(read, list) else [read])
    if not all(isinstance(event, dict) for event in events):
        raise typer.BadParameter(f"{path} holds no JSON objects.")
    return events


def _parsed(path: Path, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{path} is no JSON: {error}") from None


def _told(condition: Parsed, filters: Filters, event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        meets = condition.matches(event)
    except Undecidable as error:
        return {"meets": None, "message": None, "reason": "FILTER_UNDECIDABLE", "detail": str(error)}
    verdict = filters.apply(event, "")
    return {"meets": meets, "message": verdict.message, "reason": verdict.reason, "detail": verdict.detail}


def _line(number: int, told: Mapping[str, Any]) -> str:
    meets = {True: "[green]meets it[/]", False: "[dim]does not meet it[/]", None: "[red]cannot be decided[/]"}
    what = f"{number}  {meets[told['meets']]}"
    if told["reason"]:
        return f"{what}, kept back: {' '.join([told['reason'], escape(told['detail'])])}".rstrip()
    return f"{what}, goes on as\n{escape(json.dumps(told['message'], indent=2, ensure_ascii=False))}"


def _complain(output: Output, text: str, error: FqlError) -> None:
    """Show where it is wrong: the line, and a mark under the place."""
    if output.as_json:
        output.errors.file.write(json.dumps({"error": {"offset": error.offset, "message": error.message}}) + "\n")
        return
    begin = text.rfind("\n", 0, error.offset) + 1
    line = text[begin:].split("\n", 1)[0]
    output.errors.print(f"[bold red]Error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
    output.errors.print(f"  {line}\n  {' ' * (error.offset - begin)}^", markup=False, highlight=False, soft_wrap=True)
