"""`penstock settings list`: what is set, and what is not."""

from __future__ import annotations

import json
from typing import Any

from rich.markup import escape

from cli.commands.settings.target import OfInsert, Target, TargetName, find_target
from cli.functions.manifest import type_name
from cli.lazy import new_app
from cli.output import table
from cli.session import Session, command

app = new_app()


@app.command("list")
@command
async def list_settings(session: Session, target: TargetName, insert: OfInsert = False) -> None:  # noqa: FBT002 Typer passes by name
    """List the settings of a source, a destination or an insert function; of sensitive ones whether they are set.

    [bold]penstock settings list crm[/]
    """
    found = await find_target(session.channel, target, insert=insert)
    rows = [_row(found, name) for name in _names(found)]
    session.output.show(
        rows,
        table(
            ["SETTING", "VALUE", "TYPE", "", "DESCRIPTION"],
            ([each["name"], _shown(each), each["type"], _notes(each), escape(each["description"])] for each in rows),
            empty=f"The function of {found.label} has no settings.",
        ),
    )


def _names(target: Target) -> list[str]:
    if target.definitions is None:
        return [*target.values, *target.holder.sensitive_settings]
    return list(target.definitions)


def _row(target: Target, name: str) -> dict[str, Any]:
    definition = (target.definitions or {}).get(name)
    default = definition.default_value if definition else b""
    return {
        "name": name,
        "type": type_name(definition) if definition else "",
        "description": definition.description or definition.label if definition else "",
        "required": bool(definition and definition.required),
        "sensitive": target.is_sensitive(name),
        "set": name in target.values or name in target.holder.sensitive_settings,
        "value": None if target.is_sensitive(name) else target.values.get(name),
        "default": json.loads(default) if default else None,
    }


def _shown(row: dict[str, Any]) -> str:
    if row["set"]:
        return "[green]set[/]" if row["sensitive"] else escape(_text(row["value"]))
    if row["default"] is not None:
        return f"[dim]{escape(_text(row['default']))}, by default[/]"
    return "[red]missing[/]" if row["required"] else "[dim]not set[/]"


def _notes(row: dict[str, Any]) -> str:
    return ", ".join(word for word in ("required", "sensitive") if row[word])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
