"""Runs each folder of `cases`: a function, what comes in, what must come of it. `cases/README.md` tells the files.

Whatever a case does, two others must not notice: a function of another instance that was warm before, and the event
that the same function gets after a failure.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.executor.canned import CannedOutside
from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits
from tests.images import cache_dir

__all__ = ["cache_dir"]

CASES = Path(__file__).parent / "cases"
# Uses what the cases break, and tells how many events its sandbox has had.
NEIGHBOUR = """
let events = 0;
async function onTrack({ list }) {
  await new Promise((resolve) => setTimeout(resolve, 0));
  const known = new Map(Object.entries({ list: list.map(String) }));
  const [first, ...rest] = known.get('list').join().split(',');
  return { events: ++events, first, rest, text: JSON.stringify(JSON.parse('[{}]')), late: typeof leaked };
}
"""


def read(case: Path, name: str, default: Any = None) -> Any:
    path = case / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else default


def kind_of(case: Path) -> FunctionKind:
    if (case / "request.json").exists():
        return FunctionKind.SOURCE
    if case.name.startswith("source-insert-"):
        return FunctionKind.INSERT_SOURCE
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


def invocations_of(case: Path, count: int) -> list[Invocation]:
    """Give what the case's files say: each of `events.json`, or one input as often as something is expected."""
    if events := read(case, "events"):
        return [_invocation(json.dumps(event).encode()) for event in events]
    (path,) = (path for name in ("event", "request") if (path := case / f"{name}.json").exists())
    return [_invocation(_padded(path.read_bytes(), read(case, "padding", 0)))] * count


def _padded(payload: bytes, padding_bytes: int) -> bytes:
    if not padding_bytes:
        return payload
    return b'{"padding":"%s",%s' % (b"x" * padding_bytes, payload.lstrip().removeprefix(b"{"))


def _invocation(payload: bytes) -> Invocation:
    return Invocation(payload=payload, handler="onBatch" if payload.lstrip().startswith(b"[") else "")


def overlap(result: InvocationResult) -> bool:
    return all(later.started_ns < earlier.finished_ns for earlier, later in pairwise(result.requests))


def shown(result: InvocationResult) -> dict[str, Any]:
    error = result.error
    return {
        "error": error and {"kind": error.kind, "name": error.name, "message": error.message, "stack": error.stack},
        "returned": json.loads(result.returned) if result.returned else None,
        "returned_bytes": len(result.returned),
        "messages": [json.loads(each) for each in result.messages],
        "objects": [json.loads(each) for each in result.objects],
        "logs": [line.text for line in result.logs],
        "log_bytes": sum(len(line.text.encode()) for line in result.logs[:-1]),
        "overlapping": overlap(result),
        "batch": [
            {"status": each.status, "message": each.message, "event": json.loads(each.event) if each.event else None}
            for each in result.batch
        ],
        "earlier_events": result.usage.earlier_events,
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


async def assert_neighbour_is_well(executor: Executor, *, events: int) -> None:
    program = Program(key="the neighbour's", code=NEIGHBOUR, digest=digest_of(NEIGHBOUR), kind=FunctionKind.DESTINATION)
    result = await executor.run(program, Invocation(payload=b'{"type":"track","list":[1,2,3]}'))
    well = {"events": events, "first": "1", "rest": ["2", "3"], "text": "[{}]", "late": "undefined"}
    assert (result.error, json.loads(result.returned), result.logs, result.messages) == (None, well, [], [])


async def assert_still_runs(executor: Executor, program: Program) -> None:
    after = await executor.run(program, Invocation(payload=b'{"type":"identify"}'))
    assert (after.error, after.returned) == (None, b'"still here"')


@pytest.mark.parametrize("case", sorted(path for path in CASES.iterdir() if path.is_dir()), ids=lambda case: case.name)
async def test_case(case: Path, cache_dir: Path) -> None:
    program = program_of(case)
    pool = SandboxPool()
    executor = make_executor(cache_dir=cache_dir, outside=CannedOutside(read(case, "responses", {})), pool=pool)
    await assert_neighbour_is_well(executor, events=1)
    expected = read(case, "expected")
    each_expected = expected if isinstance(expected, list) else [expected]
    failed = False
    for invocation, each in zip(invocations_of(case, len(each_expected)), each_expected, strict=True):
        actual = shown(await executor.run(program, invocation))
        assert restricted(actual, each) == each
        failed = failed or actual["error"] is not None
    if failed and "onIdentify" in program.code:
        await assert_still_runs(executor, program)
    await assert_neighbour_is_well(executor, events=2)
    pool.close()
