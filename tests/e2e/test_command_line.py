"""What people see of the command line: errors where they made them, clean starts and stops."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.e2e.penstock import Penstock, eventually, penstock, up, without_colors

pytestmark = pytest.mark.slow
SHOP = Path(__file__).parents[2] / "examples" / "shop"


def test_a_syntax_error_is_shown_where_it_stands(running: Penstock, tmp_path: Path) -> None:
    broken = tmp_path / "broken.js"
    broken.write_text("async function onTrack(event) {\n  const x = ;\n}\n")
    done = running.run("functions", "push", str(broken))
    assert done.returncode == 1
    assert "broken.js:2:13: SyntaxError" in without_colors(done.stderr)
    assert "  const x = ;" in done.stderr
    fault = json.loads(running.run("functions", "push", str(broken), "--json").stdout)["error"]
    assert (fault["reason"], fault["line"], fault["column"]) == ("INVALID_CODE", 2, 13)


def test_a_missing_setting_is_named(running: Penstock) -> None:
    running.json("functions", "push", str(SHOP / "crm.js"), "--name", "needs-settings")
    done = running.run(
        "destinations", "create", "incomplete", "--function", "needs-settings", "--set", "endpoint=https://a.example"
    )
    assert done.returncode == 1
    assert "apiKey" in done.stderr


def test_an_unknown_name_is_an_error_without_a_traceback(running: Penstock) -> None:
    done = running.run("connect", "nowhere", "nothing")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_pushing_again_makes_a_version_and_deploying_uses_it(running: Penstock, tmp_path: Path) -> None:
    code = tmp_path / "twice.js"
    code.write_text("async function onTrack() { return 1 }")
    first = running.json("functions", "push", str(code))
    code.write_text("async function onTrack() { return 2 }")
    second = running.json("functions", "push", str(code), "-m", "better")
    assert first["function_id"] == second["function_id"]
    assert first["latest_version_id"] != second["latest_version_id"]
    versions = running.json("functions", "versions", "twice")
    assert [(v["number"], v.get("message")) for v in versions] == [(2, "better"), (1, None)]
    assert running.json("functions", "deploy", "twice")["version_id"] == second["latest_version_id"]


def test_doctor_finds_a_running_installation_in_order(running: Penstock) -> None:
    findings = running.json("doctor")
    assert all(finding["ok"] for finding in findings), findings
    assert {"registry", "gateway", "JetStream"} <= {finding["check"] for finding in findings}


def test_without_an_installation_commands_say_how_to_start_one(tmp_path: Path) -> None:
    done = penstock("sources", "list", "--data-dir", str(tmp_path / "none"))
    assert done.returncode == 1
    assert "penstock up" in done.stderr


def test_a_taken_port_is_reported(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = penstock("up", "--data-dir", str(tmp_path / "data"), "--http-port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stdout


def test_a_second_start_on_the_same_data_is_refused(running: Penstock) -> None:
    done = penstock("up", "--data-dir", str(running.data_dir), "--http-port", "1")
    assert done.returncode == 1
    assert "Another `penstock up`" in done.stdout


def test_stopping_leaves_nothing_running_and_what_was_made_stays(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with up(data_dir) as running:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        running.json("sources", "create", "kept")
    assert running.process.returncode == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    with up(data_dir) as again:
        assert [source["name"] for source in again.json("sources", "list")] == ["kept"]
        children = Path(f"/proc/{again.process.pid}/task/{again.process.pid}/children").read_text().split()
        os.kill(again.process.pid, signal.SIGKILL)
        eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in children), what="children end")


def test_the_demo_ends_by_itself(tmp_path: Path) -> None:
    done = penstock("demo", "--exit", timeout_s=110)
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in ("CRM got POST /activities → answers 200", "gateway", "delivery", "executor", "answers 503"):
        assert shown in done.stdout


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("deliveries replay --all --rate 100000000000", "--rate"),
        ("deliveries replay --status succeeded", "--status"),
        ("deliveries purge --status retrying", "--status"),
        ("deliveries stats --since 1h --until 2h", "--until"),
        ("deliveries list --since 1h --until 2h", "--until"),
        ("destinations update crm --backlog-limit 99999999999999999999", "--backlog-limit"),
        ("destinations update crm --concurrency 9999999999", "--concurrency"),
        ("destinations delete crm", "--yes"),
    ],
)
def test_what_cannot_be_is_bad_usage(running: Penstock, command: str, named: str) -> None:
    done = running.run(*command.split())
    assert done.returncode == 2
    assert named in without_colors(done.stderr)
    assert "Traceback" not in done.stderr


def test_what_was_made_can_be_deleted(running: Penstock) -> None:
    running.json("sources", "create", "short-lived")
    assert running.run("sources", "delete", "short-lived").returncode == 2
    running.json("sources", "delete", "short-lived", "--yes")
    assert "short-lived" not in [source["name"] for source in running.json("sources", "list")]
    assert running.run("destinations", "delete", "never-made", "--yes").returncode == 1
