"""A message's whole way in a real installation: source insert function, filters, destination insert function."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"
SOURCE, DESTINATION, INSERT = (FUNCTIONS / f"{name}.js" for name in ("source", "destination", "insert"))
EXPECTED = {
    ("STAGE_SOURCE", "SUCCEEDED", ""): 6,
    ("STAGE_SOURCE", "FILTERED", "FILTERED_AT_INSERT_FUNCTION"): 1,
    ("STAGE_SOURCE", "DISCARDED", "MESSAGE_REJECTED"): 1,
    ("STAGE_DESTINATION", "SUCCEEDED", ""): 1,
    ("STAGE_DESTINATION", "FILTERED", "FILTER_DROP"): 1,
    ("STAGE_DESTINATION", "FILTERED", "FILTER_UNDECIDABLE"): 1,
    ("STAGE_DESTINATION", "FILTERED", "FILTERED_AT_INSERT_FUNCTION"): 1,
}


def test_messages_pass_insert_functions_and_filters_on_their_way(running: Penstock, outside: Outside) -> None:
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="gated")
    for name, kind, mark in (("gate-source", "insert-source", "s"), ("gate-destination", "insert", "d")):
        running.json("functions", "push", str(INSERT), "--name", name, "--kind", kind)
        running.json("inserts", "add", name, "gated", "--set", f"mark={mark}", "--set", "key=a-secret-of-the-test")
    condition = "'s' in properties.marks and contains(properties.plan, 'inter')"
    made = running.json("filters", "add", "gated", "no internal", "--if", condition, "--drop")
    running.json("filters", "add", "gated", "no email", "--drop-properties", "properties.email")
    assert {"gate-source", "gate-destination"} <= {each["name"] for each in running.json("inserts", "list")}
    assert [each["title"] for each in running.json("filters", "list", "gated")] == ["no internal", "no email"]
    # What was published last has come to delivery when it acts.
    probes = Counter[str]()
    eventually(lambda: probes.update(sent=1) or _is_masked(outside, url), what="the filters act")
    before = eventually(lambda: found if (found := counted(running)).total() == 2 * probes["sent"] else None)

    for event in (
        {"id": "all", "plan": "pro", "email": "a@b.example"},
        {"id": "internal", "plan": "internal"},
        {"id": "undecidable", "plan": 7},
        {"id": "dropped early", "drop": "s"},
        {"id": "dropped late", "drop": "d"},
        {"id": "refused", "refuse": "s"},
    ):
        post(url, event)
    assert eventually(lambda: found if (found := counted(running) - before).total() >= 12 else None) == EXPECTED
    (arrived,) = [each.body for each in outside.arrived if each.body["id"] == "all"]
    assert arrived == {"id": "all", "plan": "pro", "marks": ["s", "d"]}
    (refused,) = running.json("deliveries", "list", "--source", "gated", "--status", "discarded")
    shown = json.dumps(running.json("deliveries", "show", refused["delivery_id"]))
    assert "refused with" in shown
    assert "a-secret-of-the-test" not in shown

    running.json("filters", "update", "gated", "no internal", "--if", "type = 'page'")
    assert running.json("filters", "list", "gated")[0]["condition"] == "type = 'page'"
    assert not running.json("inserts", "update", "gate-source", "--disable").get("enabled")
    running.json("filters", "remove", "gated", made["filter_id"], "--yes")
    running.json("inserts", "remove", "gate-destination", "--yes")
    assert [each["title"] for each in running.json("filters", "list", "gated")] == ["no email"]
    wrong = running.run("filters", "add", "gated", "wrong", "--if", "type = ", "--drop", "--json")
    assert wrong.returncode == 1
    assert "expected a path, a value or a function, found the end (at character 8)" in wrong.stderr


def _is_masked(outside: Outside, url: str) -> bool:
    """Send another message, and tell whether one of those before has come without its email."""
    post(url, {"id": f"probe {time.monotonic_ns()}", "email": "x"})
    return any(each.body["id"].startswith("probe") and "email" not in each.body for each in outside.arrived)


def counted(running: Penstock) -> Counter[tuple[str, str, str]]:
    """Count what became of the source's events by stage, status and reason."""
    counts: list[dict[str, Any]] = running.json("deliveries", "stats", "--source", "gated").get("counts", [])
    return Counter(
        {
            (each["stage"], each["status"].removeprefix("STATUS_"), each.get("reason", "")): int(each["count"])
            for each in counts
        }
    )
