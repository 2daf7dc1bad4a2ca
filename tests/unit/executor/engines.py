"""The real engine for unit tests: compiled once, and cheap to start from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.executor.canned import CannedOutside
from services.executor.executor import Executor, Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult
from tests.images import cache_dir

__all__ = ["TRACK", "cache_dir", "executor", "program", "run"]

TRACK = Invocation(payload=b'{"type":"track","userId":"u1"}')


@pytest.fixture
def executor(cache_dir: Path) -> Executor:
    """An executor whose requests are all answered with 200."""
    return make_executor(cache_dir=cache_dir, outside=CannedOutside({"*": {}}), pool=SandboxPool())


def program(code: str, **more: Any) -> Program:
    """A destination function of its own instance."""
    fields: dict[str, Any] = {"key": code, "kind": FunctionKind.DESTINATION, **more}
    return Program(code=code, digest=digest_of(code), **fields)


async def run(executor: Executor, code: str, **more: Any) -> InvocationResult:
    """Run one event."""
    return await executor.run(program(code, **more), TRACK)
