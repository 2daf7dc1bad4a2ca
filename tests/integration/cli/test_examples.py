"""Every folder under `examples/`: its cases pass, and a run of it is replayed bit for bit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.commands.function_test.bench import make_bench, program_of
from cli.commands.function_test.cases import Case, folder_of, read_cases
from cli.commands.function_test.function import Function
from cli.commands.function_test.records import replay, save
from cli.commands.function_test.showing import as_json
from cli.commands.function_test.suite import run_suite, suite_text
from cli.output import Output
from services.executor.recording.record import Record
from services.executor.recording.runs import run_recorded
from services.executor.results import InvocationResult
from services.executor.virtual import VirtualOutside

EXAMPLES = Path(__file__).parents[3] / "examples"
pytestmark = pytest.mark.usefixtures("own_cache")


def functions() -> Iterator[Path]:
    for folder in sorted(each for each in EXAMPLES.iterdir() if each.is_dir()):
        if (folder / "package.json").exists():
            yield folder
        else:
            yield from sorted(folder.glob("*.[jt]s"))
        yield from sorted(each.parent for each in folder.rglob("function.toml"))


@pytest.mark.parametrize("path", list(functions()), ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_cases_pass_and_a_run_is_replayed_bit_for_bit(path: Path, tmp_path: Path) -> None:
    folder = folder_of(path)
    assert folder, "the example has no cases"
    function = Function.read(path, "", Output(as_json=False))
    results = asyncio.run(run_suite(function, read_cases(folder, function, settings={}, responses={})))
    assert all(each.passed for each in results), "\n".join(map(str, suite_text(results, path.name)))
    assert {run.error is None for each in results for run in each.results} == {True, False}

    case = max(results, key=lambda each: each.results[0].usage.fuel).case
    first, record = asyncio.run(_recorded(function, case))
    save(record, tmp_path / "record.json")
    again, replayed = replay(function, tmp_path / "record.json", case.settings)
    assert replayed["identical"], replayed["differs"]
    assert _outcome(again) == _outcome(first)
    text = json.dumps(json.loads((tmp_path / "record.json").read_text()), ensure_ascii=False)
    assert [name for name, value in function.sensitive(case.settings).items() if json.dumps(value)[1:-1] in text] == []


def test_the_table_of_the_readme_names_each() -> None:
    table = (EXAMPLES / "README.md").read_text()
    assert [path.name for path in functions() if f"`{path.relative_to(EXAMPLES)}`" not in table] == []


async def _recorded(function: Function, case: Case) -> tuple[InvocationResult, Record]:
    program = program_of(function.code, case.kind, case.settings)
    outside = VirtualOutside(case.responses, now_ns=case.now_ns, seed=case.seed)
    executor, sensitive = make_bench(outside), function.sensitive(case.settings)
    return await run_recorded(executor, program, case.invocations[0], outside=outside, sensitive=sensitive)


def _outcome(result: InvocationResult) -> Any:
    outcome = as_json(result)
    del outcome["usage"]["wall_ms"]
    return outcome
