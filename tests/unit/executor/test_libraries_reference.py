from __future__ import annotations

from tests.libraries_reference import PAGE, page, without_measures


def test_the_page_tells_what_the_tests_show() -> None:
    text = PAGE.read_text()
    assert without_measures(text) == without_measures(page({})), "run `python -m tests.libraries_reference`"
