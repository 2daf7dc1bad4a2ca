from __future__ import annotations

from pathlib import Path

import pytest

from cli.traces.store import AmbiguousTraceError, NoSuchTraceError, StoredEvent, StoredSpan, TraceStore
from shared.telemetry import attributes as names


def span(trace: str, number: int = 1, *, parent: int | None = None, event_id: str = "", size: int = 0) -> StoredSpan:
    return StoredSpan(
        trace_id=trace.ljust(32, "0"),
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        service="penstock-test",
        name=f"span {number}",
        kind="internal",
        start_ns=number,
        end_ns=number + 10,
        error="bad" if number == 3 else None,
        attributes={**({names.EVENT_ID: event_id} if event_id else {}), "x": "y" * size},
        events=[StoredEvent("log", 5, {"line": "hello"})],
    )


def test_spans_come_back_whole_and_by_start(tmp_path: Path) -> None:
    store = TraceStore.create(tmp_path / "traces.db")
    spans = [span("aa", 2, parent=1), span("aa", 1), span("aa", 3)]
    store.add(spans, now_ns=1)
    store.add([spans[0]], now_ns=2)
    assert store.trace("AA") == [spans[1], spans[0], spans[2]]
    (summary,) = store.traces()
    assert (summary.name, summary.spans, summary.errors, summary.duration_ns) == ("span 1", 3, 1, 12)


def test_traces_are_found_by_prefix_and_by_event(tmp_path: Path) -> None:
    store = TraceStore.create(tmp_path / "traces.db")
    store.add([span("ab1"), span("ab2", 5, event_id="evt_1"), span("cd", 4, event_id="evt_1")], now_ns=1)
    assert store.find("evt_1") == ["cd".ljust(32, "0"), "ab2".ljust(32, "0")]
    assert store.find("evt_2") == []
    assert store.trace("ab2")[0].span_id == f"{5:016x}"
    with pytest.raises(AmbiguousTraceError) as caught:
        store.trace("ab")
    assert len(caught.value.candidates) == 2
    for prefix in ("ee", "", "%", "' OR 1"):
        with pytest.raises(NoSuchTraceError):
            store.trace(prefix)


def test_the_newest_traces_come_first(tmp_path: Path) -> None:
    store = TraceStore.create(tmp_path / "traces.db")
    for number in range(5):
        store.add([span(f"a{number}")], now_ns=number)
    assert [summary.trace_id[:2] for summary in store.traces(limit=2)] == ["a4", "a3"]


def test_the_oldest_traces_make_room(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    store = TraceStore.create(path, max_bytes=2_000_000)
    for number in range(40):
        store.add([span(f"{number:04d}{index:04d}", size=4000) for index in range(50)], now_ns=number)
    kept = store.traces(limit=10_000)
    assert 100 < len(kept) < 500
    assert kept[0].trace_id.startswith("0039")
    assert min(summary.trace_id for summary in kept) > "0029"
    assert path.stat().st_size < 4_000_000


def test_readers_of_other_processes_see_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    with pytest.raises(FileNotFoundError):
        TraceStore.open(path)
    writer = TraceStore.create(path)
    reader = TraceStore.open(path)
    writer.add([span("aa")], now_ns=1)
    assert len(reader.traces()) == 1
    writer.add([span("bb")], now_ns=2)
    assert len(reader.traces()) == 2
    reader.close()
    writer.close()
