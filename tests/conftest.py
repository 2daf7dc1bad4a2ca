"""Property tests try the same examples in every run, unless more are asked for: nothing fails by chance."""

from __future__ import annotations

from hypothesis import settings

from tests.fuzz import FACTOR

settings.register_profile("repeatable", derandomize=FACTOR == 1)
settings.load_profile("repeatable")
