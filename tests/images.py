"""A directory of compiled images that all tests share, so that the engine is compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory: beside those of the test runs, so that parallel workers and later runs find it filled."""
    return tmp_path_factory.getbasetemp().parent / "penstock-images"
