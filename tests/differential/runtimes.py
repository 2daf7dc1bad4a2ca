"""A sandbox and a Node process side by side: both run the same cases of the same JavaScript, and the outcomes compare.

A suite is JavaScript that defines `run(case)`, plain or async; a case is any JSON. What a run gives or throws comes
back as `outcome.js` writes it: an error by its name, and by its text too where it has a code.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services.executor.canned import CannedOutside
from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits

HERE = Path(__file__).parent
# Where the machine has no Node, the set-up has put one beside the interpreter.
PATH = f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"
# A sandbox has no zone and no language of its own.
ENVIRONMENT = os.environ | {"PATH": PATH, "TZ": "UTC", "LC_ALL": "en_US.UTF-8"}
OUTCOME = (HERE / "outcome.js").read_text()
# A batch is many events' work.
LIMITS = Limits(fuel=10**12, wall_s=60, output_bytes=64 * 1024 * 1024, retire_memory_bytes=100 * 1024 * 1024)

Outcome = dict[str, Any]


def suite(name: str) -> str:
    """Read a suite from its file."""
    return (HERE / "suites" / f"{name}.js").read_text()


class SuiteError(Exception):
    """A suite did not come to outcomes: it does not load, or took too much."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A case on which the two do not agree."""

    case: Any
    node: Outcome
    sandbox: Outcome

    @property
    def is_of_errors(self) -> bool:
        """Whether both have thrown, so that what was thrown is all that differs."""
        return "threw" in self.node and "threw" in self.sandbox


class Node:
    """One Node process that lives as long as the block."""

    def __enter__(self) -> Self:
        command = ["node", "--no-warnings", str(HERE / "node.cjs")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def outcomes(self, source: str, cases: Sequence[Any]) -> list[Outcome]:
        """Run the cases. Raises SuiteError."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"source": f"{OUTCOME}\n{source}", "cases": cases}) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline() or '{"error": "Node has ended"}')
        if "error" in answer:
            raise SuiteError(f"in Node: {answer['error']}")
        return answer["outcomes"]

    @functools.cache  # noqa: B019 as many as there are processes
    def version(self) -> str:
        """Give its version, as `v20.1.2`."""
        (found,) = self.outcomes("const run = () => process.version;", [None])
        return found["value"]


class SandboxRuntime:
    """The real engine; a suite keeps its sandbox from one batch to the next."""

    def __init__(self, cache_dir: Path) -> None:
        self._executor = make_executor(cache_dir=cache_dir, outside=CannedOutside({}), pool=SandboxPool())

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._runner.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.__exit__(kind, error, at)

    def outcomes(self, source: str, cases: Sequence[Any]) -> list[Outcome]:
        """Run the cases. Raises SuiteError."""
        code = f"{OUTCOME}\n{source}\nasync function onTrack({{ cases }}) {{ return outcomes(run, cases) }}"
        digest = digest_of(code)
        program = Program(key=digest, code=code, digest=digest, kind=FunctionKind.DESTINATION, limits=LIMITS)
        payload = json.dumps({"type": "track", "cases": cases}).encode()
        result = self.run(program, Invocation(payload=payload))
        if result.error is not None:
            raise SuiteError(f"in the sandbox: {result.error.name}: {result.error.message}\n{result.error.stack}")
        return json.loads(result.returned)

    def run(self, program: Program, invocation: Invocation) -> InvocationResult:
        """Run one event of any program."""
        return self._runner.run(self._executor.run(program, invocation))


@dataclass(frozen=True, slots=True)
class Pair:
    """Both runtimes."""

    node: Node
    sandbox: SandboxRuntime

    def differences(self, source: str, cases: Sequence[Any]) -> list[Difference]:
        """Run the cases in both, as one batch, and give those whose outcomes differ. Raises SuiteError.

        Of errors other versions than Node 20 tell only that there is one: their names, codes and texts have changed.
        """
        pairs = zip(self.node.outcomes(source, cases), self.sandbox.outcomes(source, cases), strict=True)
        seen = [Difference(case, *both) for case, both in zip(cases, pairs, strict=True)]
        is_20 = self.node.version().startswith("v20.")
        return [each for each in seen if not (each.node == each.sandbox or (not is_20 and each.is_of_errors))]
