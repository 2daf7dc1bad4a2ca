"""URL by the tests of the web platform."""

from __future__ import annotations

import pytest

from tests.differential.platform_tests import FILES, failures, is_known
from tests.differential.runtimes import Pair


@pytest.mark.parametrize("file", FILES)
def test_url(pair: Pair, file: str) -> None:
    found = failures(pair.sandbox, file)
    assert [failure for failure in found if not is_known(failure[0])] == []
    # What is fixed some day shall be listed no longer.
    assert bool(found) == (file != "percent-encoding.json")
