"""One Node and one executor for all differential tests of a process."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.differential.runtimes import Node, Pair, SandboxRuntime
from tests.images import cache_dir

__all__ = ["cache_dir"]


@pytest.fixture(scope="session")
def pair(cache_dir: Path) -> Generator[Pair]:
    with Node() as node, SandboxRuntime(cache_dir) as sandbox:
        yield Pair(node, sandbox)
