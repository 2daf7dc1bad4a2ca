from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of compiled images for the whole session: the engine is compiled once."""
    return tmp_path_factory.mktemp("images")
