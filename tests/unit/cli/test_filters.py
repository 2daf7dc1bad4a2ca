"""`penstock filters test`, and filters as people type them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.filter_options import actions_of, describe
from cli.main import app

EXAMPLE = Path(__file__).parents[3] / "examples" / "tracking-plan"


def tried(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["filters", "test", *arguments])


def told(*arguments: str) -> list[dict[str, Any]]:
    done = tried(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_filter_is_tried_on_the_events_of_a_file() -> None:
    sale, other, unknown, page = told(
        str(EXAMPLE / "events.json"),
        "--if",
        f"@{EXAMPLE / 'planned-sales.fql'}",
        "--drop-properties",
        "properties.email",
    )
    assert (sale["meets"], sale["message"]["properties"]) == (True, {"total": 84.5})
    assert (other["meets"], other["message"]["properties"]["email"]) == (False, "test@ourselves.example")
    assert (unknown["meets"], unknown["message"], unknown["reason"]) == (None, None, "FILTER_UNDECIDABLE")
    assert (page["meets"], page["message"]["type"]) == (False, "page")


def test_events_may_stand_in_lines(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"type": "track"}\n\n{"type": "page"}\n')
    assert [(each["message"], each["reason"]) for each in told(str(events), "--if", "type = 'track'", "--drop")] == [
        (None, "FILTER_DROP"),
        ({"type": "page"}, ""),
    ]


def test_a_wrong_condition_is_told_with_its_place(tmp_path: Path) -> None:
    events = tmp_path / "event.json"
    events.write_text("{}")
    done = tried(str(events), "--if", "type = 'x'\n  and length(a, b) > 1")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Error: expected 1 value for length, found 2",
        "    and length(a, b) > 1",
        "        ^",
    ]


@pytest.mark.parametrize("content", ["[1]", "{", "'x'"])
def test_a_file_without_events_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "event.json").write_text(content)
    assert tried(str(tmp_path / "event.json")).exit_code == 2


def test_actions_are_those_that_were_named() -> None:
    actions = actions_of(
        drop=True,
        sample=0.25,
        path="userId",
        drop_properties=["traits.email", "userId", r"context.a\.b", "traits.phone"],
        allow_properties=["properties.plan"],
    )
    assert describe(actions) == (
        r"sample 0.25 by userId, drop, drop context.a.b traits.email traits.phone userId, allow properties.plan"
    )
    fields = {path: list(keys.names) for path, keys in actions[2].fields.items()}
    assert fields == {"traits": ["email", "phone"], "": ["userId"], "context": ["a.b"]}


def test_a_path_without_a_sample_is_refused() -> None:
    with pytest.raises(typer.BadParameter):
        actions_of(drop=True, sample=None, path="userId", drop_properties=[], allow_properties=[])
