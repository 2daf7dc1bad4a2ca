"""`functions test --record` and `--replay`: the way of a record through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.function_test import run, written
from tests.integration.cli.test_function_test import SHOP

pytestmark = pytest.mark.usefixtures("own_cache")

SECRET = "sk live/äöü-0123456789"
GIVEN = ("--event", SHOP / "order-completed.json", "--responses", SHOP / "responses.json")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return written(tmp_path, "settings.json", {"endpoint": "https://crm.example", "apiKey": SECRET})


def test_a_record_is_replayed_bit_for_bit_and_holds_no_secret(tmp_path: Path, settings: Path) -> None:
    record = tmp_path / "record.json"
    first = run(SHOP / "crm.js", *GIVEN, "--settings", settings, "--record", record, "--json")
    assert first.exit_code == 0
    assert SECRET in json.loads(first.stdout)["requests"][0]["headers"]["authorization"]
    assert SECRET not in record.read_text()
    assert record.stat().st_mode & 0o077 == 0
    # Only the sensitive settings are needed; others stand in the record.
    again = run(
        SHOP / "crm.js", "--replay", record, "--settings", written(tmp_path, "s.json", {"apiKey": SECRET}), "--json"
    )
    before, after = json.loads(first.stdout), json.loads(again.stdout)
    assert (again.exit_code, after.pop("replay")) == (0, {"identical": True, "differs": [], "earlier_events": 0})
    del before["usage"]["wall_ms"], after["usage"]["wall_ms"]
    assert after == before


def test_what_cannot_be_replayed_is_said(tmp_path: Path, settings: Path) -> None:
    record = tmp_path / "record.json"
    assert run(SHOP / "crm.js", *GIVEN, "--settings", settings, "--record", record).exit_code == 0
    missing = run(SHOP / "crm.js", "--replay", record)
    assert (missing.exit_code, "apiKey must be" in missing.output) == (2, True)
    other = written(tmp_path, "crm.js", (SHOP / "crm.js").read_text() + "\n")
    assert "the code is another" in run(other, "--replay", record, "--settings", settings).output
    no_record = run(SHOP / "crm.js", "--replay", settings)
    assert (no_record.exit_code, "its format is None" in no_record.output) == (2, True)
    data = json.loads(record.read_text())
    data["outcome"]["fuel"] += 1
    changed = run(SHOP / "crm.js", "--replay", written(tmp_path, "r.json", data), "--settings", settings)
    assert (changed.exit_code, "Not as recorded: fuel." in changed.output) == (1, True)


def test_a_function_without_definitions_is_warned_of(tmp_path: Path, settings: Path) -> None:
    code = written(tmp_path, "f.js", "function onTrack() {}")
    event = written(tmp_path, "event.json", {"type": "track"})
    done = run(code, "--event", event, "--settings", settings, "--record", tmp_path / "record.json")
    assert "which settings are sensitive" in done.output


def test_a_record_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    code = written(tmp_path, "f.js", "function onTrack() {}")
    event = written(tmp_path, "event.json", {"type": "track"})
    assert run(code, "--event", event, "--record", tmp_path / "none" / "record.json").exit_code == 2
