"""What holds for all tests.

Property tests try the same examples in every run, unless more are asked for: nothing fails by chance. Slow tests go
first, so that no worker is left with one of them at the end.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.fuzz import FACTOR

settings.register_profile("repeatable", derandomize=FACTOR == 1)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
