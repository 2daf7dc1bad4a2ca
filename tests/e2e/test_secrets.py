"""Keys of a real installation are rotated by command line, while a destination needs what they encrypt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, post, without_colors

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"


def test_keys_are_seen_and_rotated_and_accesses_listed(running: Penstock, outside: Outside) -> None:
    url = running.connect(FUNCTIONS / "source.js", FUNCTIONS / "destination.js", endpoint=outside.url, name="encrypted")
    post(url, {"id": "before"})
    eventually(lambda: outside.arrived)
    [before] = [key for key in running.json("secrets", "status")["keys"] if key.get("primary")]
    assert int(before["values"]) >= 1

    # The executor forgets what it holds, and must be given it again.
    gone = running.kill("services.executor")
    rotated = running.json("secrets", "rotate")
    keys = {key["key_id"]: key for key in rotated["keys"]}
    assert int(keys[before["key_id"]].get("values", 0)) == int(rotated.get("waiting", 0)) == 0
    [primary] = [key for key in rotated["keys"] if key.get("primary")]
    assert primary["key_id"] != before["key_id"]
    assert (running.data_dir / "secrets-keyset.json").stat().st_mode & 0o777 == 0o600

    eventually(lambda: running.pid("services.executor") not in (None, gone), what="the executor is back")
    post(url, {"id": "after"})
    eventually(lambda: {arrived.body["id"] for arrived in outside.arrived} == {"before", "after"})
    assert {arrived.headers["authorization"] for arrived in outside.arrived} == {"Bearer secret-of-the-test"}
    accesses = running.json("secrets", "accesses")
    assert {each["service"] for each in accesses} == {"executor"}
    latest = next(each for each in accesses if each.get("values") == 1)
    assert latest in running.json("secrets", "accesses", "--instance", latest["instance_id"])

    shown = without_colors(running.run("secrets", "status").stdout)
    assert "encrypts" in shown
    assert "as they should be" in shown
    refused = running.run("secrets", "retire")
    assert refused.returncode == 2
    assert "--yes" in without_colors(refused.stderr)
