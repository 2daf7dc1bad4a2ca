"""A plan as people and programs read it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli.apply.plan import NOT_SET, SET, Action, Change, Plan, Verb
from cli.apply.state import Key, Kind
from cli.functions.diffing import counted, diff_of_code, styled

_MARKS = {
    Verb.CREATE: ("+", "green"),
    Verb.CHANGE: ("~", "yellow"),
    Verb.DEPLOY: ("▶", "cyan"),
    Verb.DELETE: ("-", "red"),
}
_SHOWN_LINES = 40


def plan_text(plan: Plan) -> Iterator[RenderableType]:
    """Show what will be done, and what there is beside it."""
    for action in plan.actions:
        mark, style = _MARKS[action.verb]
        deploy = "deploy " if action.verb is Verb.DEPLOY else ""
        yield Text(f"  {mark} {deploy}{name_of(action.kind, action.key)}", style=style)
        if action.verb in (Verb.CREATE, Verb.CHANGE):
            yield from (part for change in action.changes for part in _change(action, change))
    yield from kept_text(plan)
    if plan.actions:
        counts = Counter(action.verb for action in plan.actions)
        yield Text("\n" + ", ".join(f"{counts[verb]} to {verb}" for verb in Verb if counts[verb]), style="bold")


def kept_text(plan: Plan) -> Iterator[RenderableType]:
    """Tell what is there and not declared."""
    if plan.kept:
        names = ", ".join(name_of(*each) for each in plan.kept)
        yield Text(f"Not declared, and kept (--prune deletes): {names}", style="dim")


def plan_data(plan: Plan) -> dict[str, Any]:
    """Give a plan as `--json` prints it; code as the number of lines that come and go."""
    return {
        "actions": [
            {
                "action": action.verb.value,
                "kind": action.kind.value,
                "key": list(action.key),
                "name": name_of(action.kind, action.key),
                "changes": [_change_data(change) for change in action.changes],
            }
            for action in plan.actions
        ],
        "kept": [name_of(*each) for each in plan.kept],
    }


def name_of(kind: Kind, key: Key) -> str:
    """Name a thing for people."""
    match kind:
        case Kind.CONNECTION:
            return f"connection {key[0]} → {key[1]}"
        case Kind.INSERT:
            return f"insert of {key[0]} {key[1]}"
        case Kind.FILTER:
            of_source = f" for {key[1]}" if key[1] else ""
            number = f" ({key[3]})" if key[3] != "1" else ""
            return f"filter of {key[0]}{of_source}: {key[2]}{number}"
        case _:
            return f"{kind} {key[0]}"


def _change(action: Action, change: Change) -> Iterator[RenderableType]:
    if change.field == "code" and action.verb is Verb.CHANGE:
        lines = diff_of_code(change.before, change.after, labels=("LATEST", "folder"))
        more = len(lines) - _SHOWN_LINES
        if more > 0:
            lines = [*lines[:_SHOWN_LINES], f"… {more} more lines: penstock functions diff FOLDER/"]
        for line in lines:
            yield Text("      ").append_text(styled([line]))
        return
    after = _shown(change, change.after)
    if action.verb is Verb.CREATE:
        yield Text(f"      {change.field}: {after}", style="dim")
    else:
        before = "" if change.before == change.after else f"{_shown(change, change.before)} → "
        yield Text(f"      {change.field}: {before}{after}{' again' * (not before)}")


def _shown(change: Change, value: Any) -> str:
    if value is None:
        return "none"
    if change.field == "code":
        return f"{len(value.encode()):,} bytes"
    if change.field.startswith("settings.") and value in (SET, NOT_SET) and SET in (change.before, change.after):
        return value
    if change.field in ("settings", "actions"):
        return "[" + ", ".join(map(_short, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    """Name the setting or the action that is given as JSON."""
    data: dict[str, Any] = json.loads(text)
    rest = {key: value for key, value in data.items() if key not in ("name", "label", "description")}
    words = (
        key
        if value is True
        else value
        if isinstance(value, str)
        else json.dumps({key: value}, ensure_ascii=False)[1:-1]
        for key, value in rest.items()
    )
    inner = " ".join(words)
    return f"{data['name']}: {inner}" if "name" in data else inner


def _change_data(change: Change) -> dict[str, Any]:
    if change.field != "code":
        return {"field": change.field, "before": change.before, "after": change.after}
    added, removed = counted(diff_of_code(change.before or "", change.after, labels=("LATEST", "folder")))
    return {"field": "code", "lines_added": added, "lines_removed": removed}
