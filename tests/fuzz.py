"""How much the fuzz tests try: `PENSTOCK_FUZZ=100 pytest …` tries a hundred times as much as `make test`."""

from __future__ import annotations

import os

from hypothesis import settings

FACTOR = int(os.environ.get("PENSTOCK_FUZZ", "1"))


def fuzz(examples: int) -> settings:
    """Settings for a test that takes so many examples in `make test`."""
    return settings(max_examples=examples * FACTOR, deadline=None)
