"""How commands speak: tables and sentences for people, one JSON value with `--json`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from shared.errors import PenstockError

_PIPE_WIDTH = 200
# Fields that carry JSON as bytes; protobuf's own JSON form would show them in base64.
_JSON_FIELDS = ("settings", "default_value", "message", "before", "after")


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's results go."""

    as_json: bool
    console: Console = field(default_factory=lambda: _console(stderr=False))
    errors: Console = field(default_factory=lambda: _console(stderr=True))

    def show(self, data: object, text: RenderableType) -> None:
        """Print a result: `data` as JSON for programs, or `text` for people."""
        if self.as_json:
            self.console.file.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        else:
            self.console.print(text, soft_wrap=isinstance(text, str))

    def fail(self, error: PenstockError) -> None:
        """Print an error, with what is wrong in which field."""
        if self.as_json:
            violations = [{"field": v.field, "description": v.description} for v in error.violations]
            data = {
                "reason": error.reason,
                "message": error.message,
                "metadata": error.metadata,
                "violations": violations,
            }
            self.errors.file.write(json.dumps({"error": data}) + "\n")
            return
        self.errors.print(f"[bold red]Error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
        for violation in error.violations:
            if violation.description not in error.message:
                self.errors.print(f"  [bold]{violation.field}[/]: {escape(violation.description)}", highlight=False)


def _console(*, stderr: bool) -> Console:
    """Make a console; one that is no terminal is wide, so that pipes get whole ids."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=_PIPE_WIDTH)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str, numbers: Collection[str] = ()
) -> RenderableType:
    """Make a table, columns of `numbers` to the right; without rows the sentence `empty`: how to get some."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold", justify="right" if column in numbers else "left")
    for row in rows:
        made.add_row(*row)
    return made if made.row_count else f"[dim]{empty}[/]"


def as_dict(message: Message) -> dict[str, Any]:
    """Make plain data of a message, the JSON in its bytes as JSON."""
    data = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return _with_json(message, data)


def _with_json(message: Message, data: dict[str, Any]) -> dict[str, Any]:
    fields = cast("list[tuple[FieldDescriptor, Any]]", message.ListFields())
    for descriptor, value in fields:
        name = descriptor.name
        if name in _JSON_FIELDS and isinstance(value, bytes):
            data[name] = json.loads(value)
        elif descriptor.message_type and descriptor.message_type.GetOptions().map_entry:
            continue
        elif descriptor.message_type and isinstance(data[name], dict):
            _with_json(value, data[name])
        elif descriptor.message_type and isinstance(data[name], list):
            for each, into in zip(value, data[name], strict=True):
                _with_json(each, into)
    return data
