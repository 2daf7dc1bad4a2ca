"""Limits and health of destinations in a real installation, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.event.v1 import outcome_pb2
from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"
SOURCE, DESTINATION = FUNCTIONS / "source.js", FUNCTIONS / "destination.js"


def test_a_destination_that_fails_is_paused_and_told_and_goes_on_by_itself(running: Penstock, outside: Outside) -> None:
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="paused")
    outside.failures = 10**6
    for number in range(40):
        post(url, {"id": f"p{number}"})

    def state() -> dict[str, str]:
        return running.json("destinations", "show", "paused")["state"]

    shown = eventually(lambda: found if (found := state())["circuit"] != "CIRCUIT_STATE_CLOSED" else None)
    assert shown["failing_since"]
    outside.failures = 0
    # The others have delays of their own by now.
    event_id = post(url, {"id": "later"}).json()["event_id"]
    succeeded = outcome_pb2.STATUS_SUCCEEDED
    eventually(lambda: [d for d in running.deliveries(event_id, status=succeeded) if d.destination_id])
    assert state()["circuit"] == "CIRCUIT_STATE_CLOSED"


def test_limits_are_set_and_told_in_the_audit_trail(running: Penstock, outside: Outside) -> None:
    running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="limited")
    made = running.json(
        "destinations", "update", "limited", "--max-per-second", "2.5", "--concurrency", "3", "--backlog-limit", "9"
    )
    assert (made["max_per_second"], made["concurrency"], made["backlog_limit"]) == (2.5, 3, "9")
    assert "enabled" not in running.json("destinations", "disable", "limited")
    assert running.json("destinations", "enable", "limited")["enabled"]
    entries = running.json("audit", "--resource", made["destination_id"])
    assert [entry["action"] for entry in entries[:3]] == [
        "destination.enabled",
        "destination.disabled",
        "destination.updated",
    ]
    assert entries[2]["after"] == {"max_per_second": 2.5, "concurrency": 3, "backlog_limit": 9}
    shown = running.run("destinations", "list").stdout + running.run("audit").stdout
    assert "limited" in shown
    assert "destination.disabled" in shown
    assert running.run("destinations", "update", "limited").returncode == 2
