from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.e2e.outside import Outside, outside_world
from tests.e2e.penstock import Penstock, up


@pytest.fixture
def outside() -> Generator[Outside]:
    with outside_world() as outside:
        yield outside


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Penstock]:
    """One installation for all tests of a worker; each test makes sources and destinations of its own."""
    data_dir: Path = tmp_path_factory.mktemp("penstock") / "data"
    with up(data_dir, "--egress-allow", "127.0.0.1/32", PENSTOCK_MAX_FUNCTIONS="1000") as running:
        yield running
