"""`penstock apply` and `export` against a real installation, in a workspace of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc
from tests.e2e.conftest import Run
from tests.e2e.penstock import Penstock, without_colors

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).parents[2] / "examples" / "workspace"


@pytest.fixture
def tokens(running: Penstock, tmp_path: Path) -> list[str]:
    """Owners' tokens of two empty workspaces."""
    with running.channel() as channel:
        stub = workspace_pb2_grpc.WorkspaceServiceStub(channel)
        return [
            stub.CreateWorkspace(
                workspace_pb2.CreateWorkspaceRequest(name=f"{tmp_path.name} {name}"),
                metadata=running.as_owner,
                timeout=10,
            ).token
            for name in ("first", "second")
        ]


def test_an_empty_installation_becomes_the_example_and_another_its_export(
    run: Run, running: Penstock, tokens: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ("--token", tokens[0]), ("--token", tokens[1])
    planned = run("apply", EXAMPLE, "--dry-run", *first)
    assert planned.exit_code == 2, planned.stderr
    assert "14 to create" in planned.stdout

    refused = run("apply", EXAMPLE, "--yes", *first)
    assert refused.exit_code == 1
    assert "no variable CRM_API_KEY" in refused.stderr
    assert "no variable CHAT_WEBHOOK_URL" in refused.stderr

    for name in ("CRM_API_KEY", "CHAT_WEBHOOK_URL", "ORDER_ALERTS_WEBHOOK_URL"):
        monkeypatch.setenv(name, f"the value of {name}")
    done = run("apply", EXAMPLE, "--yes", *first)
    assert done.exit_code == 0, done.stderr
    shown = without_colors(done.stdout)
    assert f"Webhook URL  {running.http}/hooks/psk_" in shown
    assert "Created connection website → crm" in shown
    assert "the value of" not in shown
    again = run("apply", EXAMPLE, "--dry-run", *first)
    assert (again.exit_code, again.stdout.strip()) == (0, "Nothing to do.")

    exported: Any = run("export", tmp_path / "exported", *first, "--json")
    assert exported["variables"].keys() == {"CRM_API_KEY", "ORDER_ALERTS_WEBHOOK_URL"}
    told = run("apply", tmp_path / "exported", "--yes", *second, "--json")
    assert told["tokens"].keys() == {"shop", "website"}
    assert len(told["done"]) == 14
    # The two declare the same: what is applied to one is nothing to do for the other.
    for folder, token in ((EXAMPLE, second), (tmp_path / "exported", first)):
        assert run("apply", folder, *token, "--json")["actions"] == []


def test_code_that_does_not_run_is_shown_where_it_stands(run: Run, tokens: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "functions" / "broken"
    folder.mkdir(parents=True)
    (folder / "function.toml").write_text('kind = "destination"')
    (folder / "index.js").write_text("async function onTrack() {\n  const x = ;\n}")
    done = run("apply", tmp_path, "--yes", "--token", tokens[0])
    assert done.exit_code == 1
    assert f"{folder / 'index.js'}:2:13: SyntaxError" in without_colors(done.stderr)
    assert "run it again to go on" in done.stderr


def test_doctor_tries_all_functions_in_this_release(
    run: Run,
    tokens: list[str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp().parent / "cache"))
    (tmp_path / "fine.js").write_text("async function onTrack() {}")
    run("functions", "push", str(tmp_path / "fine.js"), "--token", tokens[0], "--json")
    examined = run("doctor", "--functions", "--token", tokens[0], "--json")
    assert [(each["function"], each["error"]) for each in examined] == [("fine", None)]


def test_a_folder_that_is_wrong_has_not_the_status_of_changes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("[shop]\ncolour = 1")
    done = run("apply", tmp_path, "--dry-run")
    assert done.exit_code == 1
    assert "shop: there is no key 'colour'; allowed are function" in done.stderr
