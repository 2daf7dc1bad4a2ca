"""What a filter does, as people type it: `--drop`, `--sample 0.1 --path userId`, `--drop-properties traits.email`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from penstock.config.v1 import config_pb2

Condition = Annotated[
    str,
    typer.Option(
        "--if",
        metavar="FQL",
        help="Which messages it acts on, all by default; [bold]@FILE[/] reads it from a file. "
        "Example: [bold]type = 'track' and match(event, 'Order *')[/]",
    ),
]
Drop = Annotated[bool, typer.Option("--drop", help="Keep them from the destination.")]
Sample = Annotated[
    float | None, typer.Option("--sample", metavar="PART", help="Let this part of them pass: 0.1.", min=0, max=1)
]
SamplePath = Annotated[
    str, typer.Option("--path", metavar="PATH", help="With --sample: alike for all with the same value, as of userId.")
]
DropProperties = Annotated[
    list[str],
    typer.Option("--drop-properties", metavar="PATH", help="Remove a field: traits.email. Repeat for more."),
]
AllowProperties = Annotated[
    list[str],
    typer.Option(
        "--allow-properties",
        metavar="PATH",
        help="Remove all fields beside this one: properties.plan. Repeat for more.",
    ),
]

_LAST_DOT = re.compile(r"(?:(.*[^\\])\.)?(.+)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_NAMES = {
    config_pb2.FILTER_ACTION_TYPE_DROP: "drop",
    config_pb2.FILTER_ACTION_TYPE_SAMPLE: "sample",
    config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES: "drop",
    config_pb2.FILTER_ACTION_TYPE_ALLOW_PROPERTIES: "allow",
}


def read_condition(text: str) -> str:
    """Give a condition, of a file where the text is `@FILE`. Raises typer.BadParameter."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text().strip()
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{text[1:]} cannot be read: {error}", param_hint="--if") from None


def actions_of(
    *, drop: bool, sample: float | None, path: str, drop_properties: Sequence[str], allow_properties: Sequence[str]
) -> list[config_pb2.FilterAction]:
    """Make the actions that were named. Raises typer.BadParameter for a path without a sample."""
    if path and sample is None:
        raise typer.BadParameter("It is for --sample.", param_hint="--path")
    made: list[config_pb2.FilterAction] = []
    if sample is not None:
        made.append(config_pb2.FilterAction(type=config_pb2.FILTER_ACTION_TYPE_SAMPLE, percent=sample, path=path))
    if drop:
        made.append(config_pb2.FilterAction(type=config_pb2.FILTER_ACTION_TYPE_DROP))
    if drop_properties:
        made.append(_of_fields(config_pb2.FILTER_ACTION_TYPE_DROP_PROPERTIES, drop_properties))
    if allow_properties:
        made.append(_of_fields(config_pb2.FILTER_ACTION_TYPE_ALLOW_PROPERTIES, allow_properties))
    return made


def describe(actions: Iterable[config_pb2.FilterAction]) -> str:
    """Tell what is done, in a few words."""
    return ", ".join(_described(action) for action in actions)


def _of_fields(kind: config_pb2.FilterActionType.ValueType, paths: Sequence[str]) -> config_pb2.FilterAction:
    action = config_pb2.FilterAction(type=kind)
    for path in paths:
        found = _LAST_DOT.fullmatch(path)
        if found is None:
            raise typer.BadParameter("A path names a field: traits.email.")
        # The parent stays a path, the last name is the key itself.
        action.fields[found[1] or ""].names.append(_ESCAPED.sub(r"\1", found[2]))
    return action


def _described(action: config_pb2.FilterAction) -> str:
    if action.type == config_pb2.FILTER_ACTION_TYPE_SAMPLE:
        return f"sample {action.percent:g}" + (f" by {action.path}" if action.path else "")
    fields = [f"{path}.{name}" if path else name for path, keys in action.fields.items() for name in keys.names]
    return " ".join([_NAMES.get(action.type, "?"), *sorted(fields)])
