"""The table of cases: each condition with what it comes to for the table's message, or where it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.fql import FqlError, Undecidable, parse

_TABLE = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", _TABLE["cases"], ids=lambda case: f"{case['about']}: {case['fql']!r}")
def test_a_condition_comes_to_what_the_table_says(case: dict[str, Any]):
    assert _outcome(case["fql"]) == case["is"]


def test_every_condition_of_the_table_prints_as_itself():
    for case in _TABLE["cases"]:
        if not isinstance(case["is"], dict) and case["fql"] != "all":
            tree = parse(case["fql"]).tree
            assert parse(str(tree)).tree == tree, case


def _outcome(text: str) -> Any:
    try:
        return parse(text).matches(_TABLE["message"])
    except FqlError as error:
        return {"at": error.offset}
    except Undecidable:
        return "undecidable"
