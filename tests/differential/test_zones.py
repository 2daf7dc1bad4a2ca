"""Times of the clock in time zones, at random times, as Node has them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.differential.runtimes import Pair
from tests.fuzz import fuzz

SUITE = "const run = ([time, timeZone, locale]) => new Date(time).toLocaleString(locale, { timeZone });"
ZONES = ["America/New_York", "Europe/Berlin", "Africa/Cairo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
# From when the data begins to where the versions of it agree.
TIME = st.integers(0, 1_735_000_000_000)
CASE = st.tuples(TIME, st.sampled_from(ZONES), st.sampled_from(["en-US", "de-DE"]))


@fuzz(10)
@given(cases=st.lists(CASE, min_size=20, max_size=30))
def test_as_in_node(pair: Pair, cases: list[tuple[int, str, str]]) -> None:
    assert pair.differences(SUITE, cases) == []
