"""The prelude's own tests, which run in the real engine under Node."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRELUDE = Path(__file__).parents[3] / "services/executor/prelude"
# Where the machine has no Node, the set-up has put one beside the interpreter.
ENVIRONMENT = os.environ | {"PATH": f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=PRELUDE, env=ENVIRONMENT, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.parametrize("path", sorted(PRELUDE.glob("test/*.test.mjs")), ids=lambda path: path.name)
def test_in_the_engine(path: Path) -> None:
    result = run("node", "--test", "--test-reporter=spec", str(path))
    assert result.returncode == 0, result.stdout + result.stderr


def test_types() -> None:
    result = run("node", "node_modules/typescript/bin/tsc", "--noEmit")
    assert result.returncode == 0, result.stdout + result.stderr
