"""Running a suite: each case in a fresh sandbox, all in one process, from an image that is built once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli.code_errors import error_lines
from cli.commands.function_test.bench import make_bench, program_of
from cli.commands.function_test.cases import Case
from cli.commands.function_test.comparing import difference, seen_as, sensible
from cli.commands.function_test.function import Function
from cli.commands.function_test.inputs import read_object
from cli.commands.function_test.showing import as_json, log_text
from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.results import InvocationResult
from services.executor.virtual import VirtualOutside

_DIFF_STYLES = {"-": "red", "+": "green", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case's runs came to; `differences` is the diff of each, empty where all is as expected."""

    case: Case
    results: list[InvocationResult]
    seen: list[dict[str, Any]]
    differences: list[list[str]]

    @property
    def passed(self) -> bool:
        return not any(self.differences)


async def run_suite(function: Function, cases: list[Case]) -> list[CaseResult]:
    """Run the cases one after the other."""
    executor = make_bench(CannedOutside({}))
    return [await _run(executor, function, case) for case in cases]


async def _run(executor: Executor, function: Function, case: Case) -> CaseResult:
    program = program_of(function.code, case.kind, case.settings, warm=True)
    outside = VirtualOutside(case.responses, now_ns=case.now_ns, seed=case.seed)
    # The events of one case follow each other in one sandbox, which goes with the case.
    results = [await executor.run(program, invocation, outside=outside) for invocation in case.invocations]
    executor.pool.end(program.key)
    seen = [seen_as(expected, result) for expected, result in zip(case.expected, results, strict=True)]
    differences = [difference(*each) if each[0] != each[1] else [] for each in zip(case.expected, seen, strict=True)]
    return CaseResult(case, results, seen, differences)


def update(result: CaseResult) -> bool:
    """Write what came into a case's file as what is expected: what it names, or all where it names nothing.

    A file in which that changes nothing stays as its author wrote it; False then.
    """
    if result.passed and all(result.case.expected):
        return False
    data = read_object(result.case.file)
    pairs = zip(result.case.expected, result.seen, result.results, strict=True)
    came = [seen if expected else sensible(each) for expected, seen, each in pairs]
    data["expected"] = came if "events" in data else came[0]
    result.case.file.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return True


def suite_json(results: list[CaseResult]) -> dict[str, Any]:
    """Give a suite's results as `--json` prints them."""
    return {
        "passed": sum(each.passed for each in results),
        "failed": sum(not each.passed for each in results),
        "cases": [_case_json(each) for each in results],
    }


def suite_text(results: list[CaseResult], file: str) -> list[RenderableType]:
    """Give the results of the suite of a function in this file as people read them."""
    failed = sum(not each.passed for each in results)
    parts = [part for each in results for part in _case_text(each, file)]
    style = "bold red" if failed else "bold green"
    return [*parts, Text(f"\n{len(results) - failed} passed, {failed} failed", style=style)]


def _case_json(result: CaseResult) -> dict[str, Any]:
    return {
        "name": result.case.name,
        "file": str(result.case.file),
        "passed": result.passed,
        "differences": result.differences,
        "runs": [as_json(each) for each in result.results],
    }


def _case_text(result: CaseResult, file: str) -> list[RenderableType]:
    if result.passed:
        return [Text(f"✓ {result.case.name}", style="green")]
    parts: list[RenderableType] = [Text(f"✗ {result.case.name}   {result.case.file}", style="bold red")]
    each = zip(result.case.expected, result.differences, result.results, strict=True)
    for number, (expected, lines, run) in enumerate(each, 1):
        if not lines:
            continue
        parts += [Text(f"  event {number}", style="bold")] if len(result.results) > 1 else []
        # Where it was to finish and did not, nothing else came: the error says it all.
        if not run.error or expected.get("error"):
            parts += [Text(f"  {line}", style=_DIFF_STYLES.get(line[0], "")) for line in lines]
        parts += error_lines(run.error, own_file=file) if run.error else []
        parts += [log_text(line) for line in run.logs]
    return parts
