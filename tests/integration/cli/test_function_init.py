"""`penstock functions init`: what it makes works at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.function_files import KINDS
from cli.main import app
from tests.integration.cli.function_test import run

pytestmark = pytest.mark.usefixtures("own_cache")


def init(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["functions", "init", *(str(each) for each in arguments)])


@pytest.mark.parametrize("language", [[], ["--typescript"]], ids=["javascript", "typescript"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_function_passes_its_case_and_has_a_sample(tmp_path: Path, kind: str, language: list[str]) -> None:
    folder = tmp_path / "My function"
    told = json.loads(init(folder, "--kind", kind, *language, "--json").stdout)
    assert (told["name"], told["kind"]) == ("My function", kind)
    assert all(Path(each).is_file() for each in told["written"])
    assert "{{" not in "".join(Path(each).read_text() for each in told["written"] if not each.endswith(".d.ts"))
    passed = json.loads(run(folder, "--json").stdout)
    assert (passed["passed"], passed["failed"]) == (1, 0), passed

    if language:
        return
    sample = next(option for option in ("request", "event") if (folder / f"{option}.json").exists())
    answers = tmp_path / "answers.json"
    answers.write_text('{"*": {"status": 200}}')
    values = ["--settings", folder / "tests/settings.json"] * (kind == "destination")
    done = run(folder, f"--{sample}", folder / f"{sample}.json", "--responses", answers, *values)
    assert done.exit_code == 0, done.output


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/index.js").write_text("mine")
    done = init(tmp_path / "mine", "--kind", "source")
    assert done.exit_code == 2
    assert "not overwritten" in done.stderr
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["index.js"]


def test_an_unknown_kind_is_told_with_those_there_are(tmp_path: Path) -> None:
    done = init(tmp_path / "new", "--kind", "sink")
    assert done.exit_code == 2
    assert all(kind in done.stderr for kind in KINDS)
    assert not (tmp_path / "new").exists()


def test_a_fault_of_a_folder_is_told_in_its_file(tmp_path: Path) -> None:
    init(tmp_path / "new", "--kind", "source")
    (tmp_path / "new/function.js").write_text("async function onRequest() {\n  throw new Error('no');\n}")
    done = run(tmp_path / "new")
    assert done.exit_code == 1
    assert "function.js:2:" in done.stdout
