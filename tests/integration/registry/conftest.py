"""A running registry for each test, over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import database_url, postgres, postgres_url
from tests.integration.registry.installation import Installation, Person, running

__all__ = ["database_url", "postgres", "postgres_url"]


@pytest.fixture
async def installation(database_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with running(database_url, tmp_path) as installation:
        yield installation


@pytest.fixture
def owner(installation: Installation) -> Person:
    return installation.owner
