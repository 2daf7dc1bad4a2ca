from __future__ import annotations

import re
import time

from shared.ids import new_id


def test_ids_name_their_kind_and_are_all_different() -> None:
    ids = {new_id("evt") for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(re.fullmatch(r"evt_[0-9a-hjkmnp-tv-z]{26}", each) for each in ids)


def test_ids_sort_by_the_time_of_their_making() -> None:
    earlier = new_id("fn")
    made = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == made:
        pass
    assert earlier < new_id("fn")
