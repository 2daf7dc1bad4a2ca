"""What is read out of the values that handlers return: any JSON at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.executor.results import FunctionKind
from services.executor.returned import WrongReturnError, entries_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([200, 503, 99, 600]) | SCALARS,
        "errormessage": SCALARS,
        "messageId": st.sampled_from("abc") | SCALARS,
    },
)
VALUES = st.lists(ENTRIES | SCALARS | st.lists(SCALARS, max_size=2), max_size=4) | ENTRIES | SCALARS
EVENTS = st.lists(ENTRIES | SCALARS, min_size=1, max_size=4)
KINDS = st.sampled_from([FunctionKind.DESTINATION, FunctionKind.INSERT_DESTINATION])


@given(kind=KINDS, events=EVENTS, returned=VALUES)
@example(kind=FunctionKind.DESTINATION, events=[{}], returned=[{"status": 10**400}])
def test_each_event_has_its_entry_or_none_has(kind: FunctionKind, events: list[Any], returned: Any) -> None:
    try:
        entries = entries_of(kind, "onBatch", json.dumps(events).encode(), json.dumps(returned).encode())
    except WrongReturnError:
        return
    assert len(entries) in (0, len(events))
    if not kind.is_insert:
        assert all(entry.status in range(100, 600) and not entry.event for entry in entries)
        return
    # Nothing that was returned gets lost, and nothing comes from anywhere else.
    assert [json.loads(entry.event) for entry in entries if entry.event] == [
        each for each in returned if each is not None
    ]
    assert len(entries) == len(events)


@pytest.mark.parametrize("handler", ["onBatch", "onTrack"])
def test_a_value_nested_too_deep_is_an_error(handler: str) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(WrongReturnError):
        entries_of(FunctionKind.INSERT_DESTINATION, handler, b"[{}]", deep)


@given(ids=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6), kept=st.data())
def test_a_filtered_batch_keeps_its_places(ids: list[str], kept: st.DataObject) -> None:
    events = [{"messageId": each, "n": n} for n, each in enumerate(ids)]
    passed = [event for event in events if kept.draw(st.booleans())]
    entries = entries_of(
        FunctionKind.INSERT_DESTINATION, "onBatch", json.dumps(events).encode(), json.dumps(passed).encode()
    )
    for event, entry in zip(events, entries, strict=True):
        if entry.event:
            assert json.loads(entry.event)["messageId"] == event["messageId"]
    assert [json.loads(entry.event) for entry in entries if entry.event] == passed
