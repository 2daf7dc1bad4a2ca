from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.executor.log import Log
from services.executor.results import LogLine


def lines_of(texts: list[str], room: int) -> list[str]:
    log = Log(room)
    for text in texts:
        log.add(LogLine(1.0, "info", text))
    return [line.text for line in log.lines()]


def test_what_fits_is_kept() -> None:
    assert lines_of(["ab", "c"], 3) == ["ab", "c"]


def test_the_mark_tells_how_much_is_left_out() -> None:
    assert lines_of(["ab", "cde", "fg"], 3) == [
        "ab",
        "c",
        "The log is cut here: 2 lines with 4 bytes more are left out.",
    ]
    assert lines_of(["abc", "d"], 3) == ["abc", "The log is cut here: 1 line with 1 bytes more are left out."]


def test_no_character_is_cut_in_two() -> None:
    assert lines_of(["aü"], 2)[0] == "a"


@given(st.lists(st.text(max_size=20)), st.integers(1, 100))
def test_the_bound_holds(texts: list[str], room: int) -> None:
    kept = [text for text in lines_of(texts, room) if not text.startswith("The log is cut")]
    assert sum(len(text.encode()) for text in kept) <= room
