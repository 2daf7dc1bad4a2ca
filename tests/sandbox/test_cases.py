"""Runs each folder of `cases`: a function, what comes in, what must come of it.

`function.js`; `event.json` (an array goes to `onBatch`) or `request.json`; `settings.json`, `responses.json` (answers
to outgoing requests), `limits.json` and `isolation.json` if there is need; `expected.json`: the fields of the result to
compare, or a list of such for one event after the other. After a failure the same function must run an `identify`
event, if it has a handler for it.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.executor.canned import CannedOutside
from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits
from tests.images import cache_dir

__all__ = ["cache_dir"]

CASES = Path(__file__).parent / "cases"


def read(case: Path, name: str, default: Any = None) -> Any:
    path = case / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else default


def kind_of(case: Path) -> FunctionKind:
    if (case / "request.json").exists():
        return FunctionKind.SOURCE
    return FunctionKind.INSERT_DESTINATION if case.name.startswith("insert-") else FunctionKind.DESTINATION


def program_of(case: Path) -> Program:
    code = (case / "function.js").read_text()
    return Program(
        key=case.name,
        code=code,
        digest=digest_of(code),
        kind=kind_of(case),
        settings=json.dumps(read(case, "settings", {})).encode(),
        limits=Limits(**read(case, "limits", {})),
        fresh=read(case, "isolation") == "invocation",
    )


def invocation_of(case: Path) -> Invocation:
    payload = read(case, "request") or read(case, "event")
    return Invocation(payload=json.dumps(payload).encode(), handler="onBatch" if isinstance(payload, list) else "")


def overlap(result: InvocationResult) -> bool:
    return all(later.started_ns < earlier.finished_ns for earlier, later in pairwise(result.requests))


def shown(result: InvocationResult) -> dict[str, Any]:
    error = result.error
    return {
        "error": error and {"kind": error.kind, "name": error.name, "message": error.message, "stack": error.stack},
        "returned": json.loads(result.returned) if result.returned else None,
        "messages": [json.loads(each) for each in result.messages],
        "objects": [json.loads(each) for each in result.objects],
        "logs": [line.text for line in result.logs],
        "log_bytes": sum(len(line.text.encode()) for line in result.logs[:-1]),
        "overlapping": overlap(result),
        "requests": [
            {"method": each.method, "url": each.url, "status": each.status, "error_code": each.error_code}
            for each in result.requests
        ],
    }


def restricted(actual: Any, expected: Any) -> Any:
    """Give of the actual value what the expected one speaks of."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: restricted(actual.get(key), value) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [restricted(*each) for each in zip(actual, expected, strict=True)]
    return actual


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
async def test_case(case: Path, cache_dir: Path) -> None:
    program = program_of(case)
    pool = SandboxPool()
    executor = make_executor(cache_dir=cache_dir, outside=CannedOutside(read(case, "responses", {})), pool=pool)
    expected = read(case, "expected")
    failed = False
    for each in expected if isinstance(expected, list) else [expected]:
        actual = shown(await executor.run(program, invocation_of(case)))
        assert restricted(actual, each) == each
        failed = failed or actual["error"] is not None
    if failed and "onIdentify" in program.code:
        after = await executor.run(program, Invocation(payload=b'{"type":"identify"}'))
        assert (after.error, after.returned) == (None, b'"still here"')
    pool.close()
