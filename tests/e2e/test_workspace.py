"""Limits and rules of a workspace in a real installation, from the command line to a function's request."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.event.v1 import outcome_pb2
from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"
SOURCE, DESTINATION = FUNCTIONS / "source.js", FUNCTIONS / "destination.js"
FIELDS = (
    "egress-allow",
    "egress-deny",
    "concurrency",
    "monthly-compute",
    "monthly-execution",
    "fuel",
    "memory",
    "wall",
)
# Throws what became of each request.
PROBER = """
async function onTrack(event) {
  const told = [];
  for (const url of event.properties.urls) {
    await fetch(url).then(() => told.push(`reached ${url}`), (error) => told.push(error.message));
  }
  throw new Error(told.join('\\n'));
}
"""


@pytest.fixture
def unlimited(running: Penstock) -> Iterator[None]:
    """Leave the workspace, which other tests share, without limits."""
    yield
    emptied = (part for field in FIELDS for part in (f"--{field}", ""))
    workspace = running.json("workspace", "update", "--no-lock-out", *emptied)
    assert workspace.get("config", {}) == {}


@pytest.mark.usefixtures("unlimited")
def test_limits_are_set_shown_and_taken_away(running: Penstock) -> None:
    running.json(
        "workspace", "update", "--egress-allow", "127.0.0.0/8, *.crm.example:443", "--egress-deny", "old.crm.example",
        "--concurrency", "4", "--monthly-compute", "10h", "--fuel", "2000000000", "--memory", "64MiB", "--wall", "1.5s",
        "--monthly-execution", "20h", "--lock-out",
    )  # fmt: skip
    assert running.json("workspace", "show")["config"] == {
        "limits": {"fuel": "2000000000", "memory_bytes": "67108864", "wall": "1.500s"},
        "concurrency": 4,
        "monthly_compute": "36000s",
        "monthly_execution": "72000s",
        "lock_out": True,
        "egress_allow": ["127.0.0.0/8", "*.crm.example:443"],
        "egress_deny": ["old.crm.example"],
    }
    shown = running.run("workspace", "show").stdout
    for text in ("2,000,000,000", "64MiB", "1s500ms", "10h", "*.crm.example:443", "old.crm.example"):
        assert text in shown
    # What is not named stays, within the limits too.
    config = running.json("workspace", "update", "--wall", "", "--egress-deny", "")["config"]
    assert config["limits"] == {"fuel": "2000000000", "memory_bytes": "67108864"}
    assert (config["concurrency"], "egress_deny" in config) == (4, False)


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("--egress-allow", "http://crm.example"), 1, "config.egress_allow[0]"),
        (("--memory", "1MiB"), 1, "16,777,216"),
        (("--wall", "soon"), 2, "is no time"),
        (("--concurrency", "-1"), 2, "no whole number"),
        ((), 2, "Name what to change"),
    ],
)
def test_what_is_wrong_is_said(running: Penstock, arguments: tuple[str, ...], status: int, word: str) -> None:
    done = running.run("workspace", "update", *arguments)
    assert done.returncode == status
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("unlimited")
def test_rules_hold_for_the_events_from_then_on(running: Penstock, outside: Outside) -> None:
    url = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="ruled")

    def fate(number: int) -> Any:
        """Send an event, and give what became of its delivery."""
        event_id = post(url, {"id": f"ruled-{number}"}).json()["event_id"]
        statuses = (outcome_pb2.STATUS_SUCCEEDED, outcome_pb2.STATUS_DISCARDED)
        [delivery] = eventually(
            lambda: [d for s in statuses for d in running.deliveries(event_id, status=s) if d.destination_id]
        )
        return delivery

    assert fate(0).status == outcome_pb2.STATUS_SUCCEEDED
    running.json("workspace", "update", "--egress-deny", f"127.0.0.1:{outside.port}")
    numbers = iter(range(1, 1000))
    refused = eventually(lambda: (d := fate(next(numbers))).status == outcome_pb2.STATUS_DISCARDED and d)
    error = running.json("deliveries", "show", refused.delivery_id)["evidence"]["error"]
    assert error["name"] == "FetchError"
    assert f"127.0.0.1:{outside.port} is refused: the workspace's rules deny it" in error["message"]
    running.json("workspace", "update", "--egress-deny", "")
    eventually(lambda: fate(next(numbers)).status == outcome_pb2.STATUS_SUCCEEDED)


def test_functions_do_not_reach_the_installation_itself(running: Penstock, tmp_path: Path) -> None:
    """Though it lets them reach its machine: none of its ports, the gateway's HTTP port among them."""
    prober = tmp_path / "prober.js"
    prober.write_text(PROBER)
    shutil.copy(DESTINATION.with_suffix(".settings.json"), prober.with_suffix(".settings.json"))
    addresses: dict[str, Any] = json.loads((running.data_dir / "installation.json").read_text())
    places = [each for value in addresses.values() for each in (value if isinstance(value, list) else [value])]
    urls = [f"http://{place.rpartition('/')[2]}/" for place in places]
    url = running.connect(SOURCE, prober, endpoint="https://a.example", name="inward")
    event_id = post(url, {"id": "inward", "urls": urls}).json()["event_id"]
    [probed] = eventually(
        lambda: [d for d in running.deliveries(event_id, status=outcome_pb2.STATUS_DISCARDED) if d.destination_id]
    )
    told = running.json("deliveries", "show", probed.delivery_id)["evidence"]["error"]["message"].splitlines()
    assert len(told) == len(urls) > 6
    for line, asked in zip(told, urls, strict=True):
        assert f"request to {asked} failed" in line
        assert "is refused: it is a port of this installation" in line
