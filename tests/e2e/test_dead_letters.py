"""Dead letters of a real installation: seen, replayed with the code of then and of now, purged; by command line."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.event.v1 import outcome_pb2
from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post, up, without_colors

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FUNCTIONS = Path(__file__).parent / "functions"
EXHAUSTED = outcome_pb2.STATUS_EXHAUSTED
EVENTS = 40
# Dead after the first try, and no waiting for it.
RETRY = {"caps_s": [0.01], "attempts": 1, "period_s": 0}
# Failures do not pause the destination.
CIRCUIT = {"minimum": 10 * EVENTS}

OLD_CODE = """async function onTrack(event) {
  console.log('trying', event.messageId);
  throw new RetryError('old code');
}
"""


def dead(running: Penstock, *options: str) -> list[Any]:
    return running.json("deliveries", "list", "--status", "dead", "-n", "1000", *options)


def test_dead_letters_are_seen_replayed_and_purged(
    tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_DESTINATION_RETRY", json.dumps(RETRY))
    monkeypatch.setenv("PENSTOCK_CIRCUIT", json.dumps(CIRCUIT))
    # Named as `connect` names the function.
    function = tmp_path / "crm-destination.js"
    function.write_text(OLD_CODE)
    function.with_suffix(".settings.json").write_text((FUNCTIONS / "destination.settings.json").read_text())
    with up(tmp_path / "data", "--egress-allow", "127.0.0.1/32") as running:
        url = running.connect(FUNCTIONS / "source.js", function, endpoint=outside.url, name="crm")
        for number in range(EVENTS):
            assert post(url, {"id": f"d{number}"}).status_code == 202
        eventually(lambda: len(running.deliveries(status=EXHAUSTED)) == EVENTS, what="all are dead")
        assert len(dead(running, "--destination", "crm")) == EVENTS
        see_one(running)
        replay_one_with_the_code_of_then_and_of_now(running, outside, function)
        replay_the_rest_while_delivery_dies(running, outside)
        purge(running)
        count(running, outside)


def see_one(running: Penstock) -> None:
    first = dead(running, "--reason", "RETRY", "--type", "track", "--since", "1h", "-n", "1")[0]
    shown = without_colors(running.run("deliveries", "show", first["delivery_id"]).stdout)
    for text in ("dead RETRY", "RetryError: old code", "trying", first["message_id"], first["trace_id"]):
        assert text in shown
    assert dead(running, "--until", "1h") == dead(running, "--reason", "TIMEOUT") == []


def replay_one_with_the_code_of_then_and_of_now(running: Penstock, outside: Outside, function: Path) -> None:
    function.write_text((FUNCTIONS / "destination.js").read_text())
    running.json("functions", "push", str(function))
    running.json("functions", "deploy", "crm-destination")
    first = dead(running, "-n", "1")[0]
    of_then = running.json("deliveries", "replay", first["delivery_id"], "--version", "then")
    assert (of_then["state"], of_then["published"]) == ("REPLAY_STATE_FINISHED", "1")
    [again] = eventually(
        lambda: [each for each in running.deliveries(status=EXHAUSTED) if each.replay_of == first["delivery_id"]]
    )
    assert again.version_id == first["version_id"]
    assert again.trace_id == first["trace_id"]
    assert not outside.arrived
    running.json("deliveries", "replay", again.delivery_id)
    [arrived] = eventually(lambda: outside.arrived)
    assert arrived.headers["traceparent"].split("-")[1] == first["trace_id"]


def replay_the_rest_while_delivery_dies(running: Penstock, outside: Outside) -> None:
    refused = running.run("deliveries", "replay", "--destination", "crm")
    assert refused.returncode == 2
    assert "--yes" in without_colors(refused.stderr)
    assert running.run("deliveries", "replay").returncode == 2
    counted = running.json("deliveries", "replay", "--destination", "crm", "--dry-run")
    assert counted["matched"] == str(EVENTS - 1)
    begun = running.json("deliveries", "replay", "--destination", "crm", "--rate", "20", "--yes", "--no-wait")
    eventually(lambda: len(outside.arrived) > 5)
    gone = running.kill("services.delivery")
    eventually(lambda: running.pid("services.delivery") not in (None, gone), what="delivery is back")

    eventually(lambda: len({each.body["id"] for each in outside.arrived}) == EVENTS, what="the replay goes on")

    def finished() -> Any:
        done = running.run("deliveries", "replays", "--json")
        found = json.loads(done.stdout) if done.returncode == 0 else []
        return [each for each in found if each["replay_id"] == begun["replay_id"] and "finish_time" in each]

    [ended] = eventually(finished, what="the replay is finished")
    assert (ended["state"], ended["published"]) == ("REPLAY_STATE_FINISHED", str(EVENTS - 1))
    # What was in flight as delivery died may arrive twice, as on the first way.
    arrived = Counter(each.body["id"] for each in outside.arrived)
    assert max(arrived.values()) <= 2
    # What arrived as delivery died is known to have only when it comes again.
    eventually(lambda: len(arrivals(running)) == EVENTS, what="all are done")
    cancelled = running.run("deliveries", "cancel", begun["replay_id"])
    assert "has finished" in cancelled.stderr


def arrivals(running: Penstock) -> list[Any]:
    return running.json("deliveries", "list", "--status", "succeeded", "--destination", "crm", "-n", "1000")


def purge(running: Penstock) -> None:
    kept = len(dead(running))
    assert running.json("deliveries", "purge", "--all", "--dry-run")["purged"] == kept
    assert running.json("deliveries", "purge", "--destination", "crm", "--yes")["purged"] == kept
    assert dead(running) == []


def count(running: Penstock, outside: Outside) -> None:
    """All of the above, once each; purged dead letters stay counted."""
    counts = running.json("deliveries", "stats", "--source", "crm", "--since", "1h")["counts"]
    exact = {(each["stage"], each["status"], each.get("reason")): int(each.get("count", 0)) for each in counts}
    assert exact == {
        ("STAGE_SOURCE", "STATUS_SUCCEEDED", None): EVENTS,
        # One more for the replay with the code of then.
        ("STAGE_DESTINATION", "STATUS_EXHAUSTED", "RETRY"): EVENTS + 1,
        ("STAGE_DESTINATION", "STATUS_SUCCEEDED", None): EVENTS,
    }
    twice = sum(int(each.get("duplicates", 0)) for each in counts)
    assert twice <= len(outside.arrived) - EVENTS
    ways, reasons = without_colors(running.run("deliveries", "stats").stdout).split("\n\n")
    assert [line.split() for line in ways.splitlines()[1:]] == [
        ["crm", "(source", "run)", "40", "0", "0", "0", "0", "0"],
        ["crm", "crm", "40", "0", "0", "41", "0", str(twice)],
    ]
    assert ["crm", "crm", "dead", "RETRY", "41", "0"] in [line.split() for line in reasons.splitlines()]
    assert running.json("deliveries", "stats", "--until", "1h") == {"outcomes_behind": "0"}
    assert "Nothing was counted" in running.run("deliveries", "stats", "--destination", "dst_none").stdout
    assert running.run("deliveries", "stats", "--destination", "nowhere").returncode == 1
    assert running.run("deliveries", "stats", "--since", "yesterday").returncode == 2
