from __future__ import annotations

from tests.settings_reference import PAGE, page


def test_the_page_tells_all_settings_as_they_are() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.settings_reference`"
