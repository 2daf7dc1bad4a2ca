from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.quantities import parse_moment, parse_size, parse_span, show_size, show_span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10h", 36_000), ("1h30m", 5_400), ("2.5s", 2.5), ("250ms", 0.25), ("1d", 86_400), ("0s", 0), ("1m5ms", 60.005)],
)
def test_spans_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "h", "10 h", "-1s", "1e3s", "1h-", "1µs", "9" * 400 + "s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|is too long"):
        parse_span(text)


@given(st.integers(0, 10**12))
def test_a_shown_span_reads_back(milliseconds: int) -> None:
    span = timedelta(milliseconds=milliseconds)
    assert parse_span(show_span(span)) == span


def test_sizes_as_people_write_them() -> None:
    assert parse_size("64MiB") == parse_size("67108864") == 64 * 1024**2
    assert parse_size("64MB") == 64_000_000
    for text in ("x", "-1", "64 miles"):
        with pytest.raises(ValueError, match="is no size"):
            parse_size(text)


@given(st.integers(0, 2**40))
def test_a_shown_size_reads_back(size: int) -> None:
    assert parse_size(show_size(size)) == size


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("0s", NOW),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T08:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00+02:00", datetime(2026, 11, 20, 6, tzinfo=UTC)),
    ],
)
def test_moments_as_people_write_them(text: str, moment: datetime) -> None:
    assert parse_moment(text, now=NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2h ago", "9999999d", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_moment(text, now=NOW)
