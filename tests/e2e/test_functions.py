"""Functions as people manage them: folders, versions, deployments, settings. The commands run in this process."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import Run
from tests.e2e.penstock import PENSTOCK, Penstock, without_colors

pytestmark = pytest.mark.slow
TOML = """
kind = "{kind}"
[[settings]]
name = "endpoint"
default = "https://a.example"
[[settings]]
name = "on"
type = "BOOLEAN"
[[settings]]
name = "key"
sensitive = true
"""


def folder(place: Path, name: str, *, kind: str = "destination") -> Path:
    made = place / name
    made.mkdir()
    (made / "function.toml").write_text(TOML.format(kind=kind))
    (made / "index.js").write_text("async function onTrack(event) { return event; }\n")
    return made


def test_versions_are_saved_compared_deployed_and_restored(run: Run, tmp_path: Path) -> None:
    made = folder(tmp_path, "managed")
    first = run("functions", "push", made, "--json")
    assert run("functions", "push", made, "--json")["changed"] == []
    assert "Nothing changed" in run("functions", "push", made).stdout
    for name in ("managed-a", "managed-b"):
        run("destinations", "create", name, "--function", "managed", "--json")
    (made / "index.js").write_text("async function onTrack(event) { return null; }\n")
    local = run("functions", "diff", f"{made}/", "--json")["diff"]
    assert [line for line in local if line[:1] in "+-"][2:] == [
        "-async function onTrack(event) { return event; }",
        "+async function onTrack(event) { return null; }",
    ]
    second = run("functions", "push", made, "-m", "nothing goes on", "--json")
    assert second["changed"] == ["code"]

    assert run("functions", "deploy", "managed", "--version", 1, "--json")["version_id"] == first["latest_version_id"]
    deployed = run("functions", "deploy", "managed", "--to", "managed-b", "--json")
    assert (deployed["number"], len(deployed["instance_ids"])) == (2, 1)
    runs = {each["place"]: each["version_id"] for each in run("functions", "show", "managed", "--json")["instances"]}
    assert runs == {
        "destination managed-a": first["latest_version_id"],
        "destination managed-b": second["latest_version_id"],
    }
    restored = run("functions", "restore", "managed", 1, "--json")
    assert (restored["number"], restored["code"]) == (3, first["code"])
    listed = run("functions", "versions", "managed", "--json")
    assert [(each["number"], each["marks"]) for each in listed] == [(3, ["LATEST"]), (2, ["DEPLOYED"]), (1, [])]
    assert "return null; }\n+async" in without_colors(run("functions", "diff", "managed").stdout)
    assert run("functions", "diff", "managed", 1, "LATEST", "--json")["different"] is False
    assert run("functions", "show", "managed", "--code", 2).stdout == second["code"]


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        ("functions deploy plain --version 9", 1, "plain has no version 9"),
        ("functions deploy plain --version newest", 2, "LATEST or DEPLOYED"),
        ("functions deploy plain --to nowhere", 1, "nowhere"),
        ("functions diff plain", 2, "has been deployed yet"),
        ("functions delete plain", 2, "add --yes"),
        ("settings set plain endpoint", 2, "--stdin"),
        ("settings set plain colour=red", 2, "it has: endpoint, on, key"),
        ("settings set plain on=maybe", 2, "true or false"),
        ("settings list nowhere", 1, "neither a source nor a destination"),
        ("settings set plain --insert endpoint=a", 1, "has no insert function"),
    ],
)
def test_what_is_wrong_is_said(run: Run, tmp_path: Path, command: str, status: int, told: str) -> None:
    if run("destinations", "show", "plain").exit_code:
        run("functions", "push", folder(tmp_path, "plain"), "--json")
        run("destinations", "create", "plain", "--function", "plain", "--json")
    done = run(*command.split())
    assert (done.exit_code, told in " ".join(done.stderr.replace("│", "").split())) == (status, True), done.stderr


def test_the_kind_of_a_function_is_told_and_kept(run: Run, tmp_path: Path) -> None:
    made = folder(tmp_path, "kinds", kind="insert")
    told = run("functions", "push", made / "index.js", "--name", "guessed").stdout
    assert "of the kind destination, guessed from its handlers" in told
    told = run("functions", "push", made / "index.js", "--name", "named", "--kind", "insert").stdout
    assert "of the kind insert\n" in told
    assert run("functions", "push", made, "--json")["kind"] == "FUNCTION_KIND_INSERT_DESTINATION"
    (made / "function.toml").write_text(TOML.format(kind="destination"))
    done = run("functions", "push", made)
    assert done.exit_code == 2
    assert "is of the kind insert" in " ".join(done.stderr.replace("│", "").split())


def test_settings_are_set_shown_and_cleared(run: Run, tmp_path: Path) -> None:
    run("functions", "push", folder(tmp_path, "settled"), "--json")
    run("destinations", "create", "settled", "--function", "settled", "--json")
    run("settings", "set", "settled", "endpoint=https://b.example", "on=yes", "--json")
    run("settings", "set", "settled", "key", "--stdin", "--json", stdin="a canary\n")
    listed = {each["name"]: each for each in run("settings", "list", "settled", "--json")}
    assert (listed["endpoint"]["value"], listed["on"]["value"]) == ("https://b.example", True)
    assert (listed["key"]["set"], listed["key"]["value"]) == (True, None)
    warned = run("settings", "set", "settled", "key=typed")
    assert "seen by others" in " ".join(warned.stderr.split())
    assert "typed" not in warned.stdout + warned.stderr.replace("what is typed on", "")
    values = tmp_path / "values.json"
    values.write_text('{"on": false}')
    run("settings", "set", "settled", "--from-file", values, "--json")
    run("settings", "clear", "settled", "endpoint", "key", "--json")
    listed = {each["name"]: each for each in run("settings", "list", "settled", "--json")}
    assert (listed["endpoint"]["set"], listed["endpoint"]["default"]) == (False, "https://a.example")
    assert (listed["key"]["set"], listed["on"]["value"]) == (False, False)


def test_a_secret_is_asked_for_and_not_shown(running: Penstock, run: Run, tmp_path: Path) -> None:
    run("functions", "push", folder(tmp_path, "asking"), "--json")
    run("destinations", "create", "asking", "--function", "asking", "--json")
    words = ["settings", "set", "asking", "key", "--data-dir", str(running.data_dir)]
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [*PENSTOCK, *words], stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True
    )
    os.close(its_end)
    shown = b""
    # The space comes when nothing is shown any more of what is typed.
    while b"key: " not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, b"a canary\n")
    with suppress(OSError):  # Linux says so that the other end is closed
        while more := os.read(terminal, 1000):
            shown += more
    os.close(terminal)
    assert process.wait(timeout=60) == 0, shown
    assert b"Set key of destination asking" in shown
    assert b"canary" not in shown
    assert [each["set"] for each in run("settings", "list", "asking", "--json")] == [False, False, True]


def test_a_source_has_a_second_key_while_clients_change_over(run: Run) -> None:
    run("sources", "create", "rotated", "--json")
    second = run("sources", "new-key", "rotated", "--json")
    listed = run("sources", "keys", "rotated", "--json")
    assert [second["token"].startswith(key["hint"]) for key in listed] == [False, True]
    assert second["token"] not in json.dumps(listed)
    left = run("sources", "delete-key", "rotated", listed[0]["token_id"], "--yes", "--json")
    assert [key["token_id"] for key in left["write_keys"]] == [listed[1]["token_id"]]
