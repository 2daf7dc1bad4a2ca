"""Spans in one SQLite file of bounded size: when it is full, the oldest traces go.

Written by the receiver's process and read by any other (WAL).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from shared.telemetry import attributes as names

DEFAULT_MAX_BYTES = 256 * 1024 * 1024
_PAGE_BYTES = 4096
_REMOVED_AT_ONCE = 200

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, service TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, error TEXT, event_id TEXT,
    attributes TEXT NOT NULL, events TEXT NOT NULL,
    PRIMARY KEY (trace_id, span_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spans_by_event ON spans (event_id) WHERE event_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS traces (trace_id TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS traces_by_age ON traces (seen);
"""

_COLUMNS = "trace_id, span_id, parent_id, service, name, kind, start_ns, end_ns, error, attributes, events"


class NoSuchTraceError(LookupError):
    """No trace has an id beginning like this."""


class AmbiguousTraceError(LookupError):
    """Several traces have ids beginning like this; `candidates` are some of them."""

    def __init__(self, prefix: str, candidates: Sequence[str]) -> None:
        super().__init__(f"{prefix} is the beginning of several traces: {', '.join(candidates)}")
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Something that happened within a span."""

    name: str
    time_ns: int
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpan:
    """A span as received: ids in hex, times in Unix nanoseconds, `error` None where the status is no error."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    error: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[StoredEvent] = field(default_factory=list[StoredEvent])


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """One line of a list of traces; `name` and `service` are those of its first span."""

    trace_id: str
    name: str
    service: str
    start_ns: int
    duration_ns: int
    spans: int
    errors: int
    event_id: str | None = None


class TraceStore:
    """The store; its methods may be called from any thread."""

    def __init__(self, connection: sqlite3.Connection, *, max_bytes: int) -> None:
        self._connection = connection
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Self:
        """Open the store to write, made on first use; the file grows to about `max_bytes`."""
        connection = sqlite3.connect(path, check_same_thread=False, timeout=10, isolation_level=None)
        for pragma in (f"page_size = {_PAGE_BYTES}", "journal_mode = WAL", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_SCHEMA)
        return cls(connection, max_bytes=max_bytes)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store to read. Raises FileNotFoundError."""
        if not path.exists():
            raise FileNotFoundError(f"no traces at {path}")
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw", uri=True, check_same_thread=False, timeout=10
        )
        connection.execute("PRAGMA query_only = 1")
        return cls(connection, max_bytes=DEFAULT_MAX_BYTES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def add(self, spans: Iterable[StoredSpan], *, now_ns: int) -> None:
        """Store spans, a repeated one over its former self, and remove the oldest traces where that is too much."""
        batch = list(spans)
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                self._connection.executemany(
                    f"INSERT OR REPLACE INTO spans ({_COLUMNS}, event_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
                    [_row(span) for span in batch],
                )
                self._connection.executemany(
                    "INSERT OR IGNORE INTO traces VALUES (?, ?)", [(span.trace_id, now_ns) for span in batch]
                )
            self._shrink()

    def traces(self, limit: int = 20, *, of_events: bool = False) -> list[TraceSummary]:
        """Return the newest traces, newest first; only those that tell of events, if asked."""
        chosen = "WHERE trace_id IN (SELECT trace_id FROM spans WHERE event_id IS NOT NULL)" if of_events else ""
        rows = self._query(f"SELECT trace_id FROM traces {chosen} ORDER BY seen DESC, trace_id LIMIT ?", limit)  # noqa: S608
        return [_summary(self._spans(trace_id)) for (trace_id,) in rows]

    def trace(self, prefix: str) -> list[StoredSpan]:
        """Return the one trace whose id begins so, spans by start. Raises NoSuchTraceError or AmbiguousTraceError."""
        wanted = prefix.strip().lower()
        rows = self._query(
            "SELECT trace_id FROM traces WHERE trace_id >= ? AND trace_id < ? LIMIT 5", wanted, wanted + "g"
        )
        if not wanted or not rows:
            raise NoSuchTraceError(f"no trace has an id beginning with '{prefix}'")
        if len(rows) > 1:
            raise AmbiguousTraceError(prefix, [trace_id for (trace_id,) in rows])
        return self._spans(rows[0][0])

    def find(self, event_id: str) -> list[str]:
        """Return the ids of the traces in which the event occurs, oldest first."""
        rows = self._query("SELECT trace_id FROM spans WHERE event_id = ? GROUP BY 1 ORDER BY min(start_ns)", event_id)
        return [trace_id for (trace_id,) in rows]

    def _spans(self, trace_id: str) -> list[StoredSpan]:
        rows = self._query(f"SELECT {_COLUMNS} FROM spans WHERE trace_id = ? ORDER BY start_ns, end_ns DESC", trace_id)  # noqa: S608
        return [_span(row) for row in rows]

    def _query(self, sql: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _shrink(self) -> None:
        while self._used_bytes() > self._max_bytes:
            with self._connection:
                rows = self._connection.execute(
                    "DELETE FROM traces WHERE trace_id IN (SELECT trace_id FROM traces ORDER BY seen LIMIT ?) "
                    "RETURNING trace_id",
                    (_REMOVED_AT_ONCE,),
                ).fetchall()
                self._connection.executemany("DELETE FROM spans WHERE trace_id = ?", rows)
            if not rows:
                return

    def _used_bytes(self) -> int:
        pages, free = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count")
        )
        return (pages - free) * _PAGE_BYTES


def _row(span: StoredSpan) -> tuple[Any, ...]:
    events = [[event.name, event.time_ns, event.attributes] for event in span.events]
    event_id = span.attributes.get(names.EVENT_ID)
    return (
        span.trace_id, span.span_id, span.parent_id, span.service, span.name, span.kind, span.start_ns, span.end_ns,
        span.error, json.dumps(span.attributes), json.dumps(events),
        event_id if isinstance(event_id, str) else None,
    )  # fmt: skip


def _span(row: tuple[Any, ...]) -> StoredSpan:
    *_, attributes, events = row
    return StoredSpan(
        trace_id=row[0], span_id=row[1], parent_id=row[2], service=row[3], name=row[4], kind=row[5], start_ns=row[6],
        end_ns=row[7], error=row[8], attributes=json.loads(attributes),
        events=[StoredEvent(*event) for event in json.loads(events)],
    )  # fmt: skip


def _summary(spans: Sequence[StoredSpan]) -> TraceSummary:
    first = spans[0]
    return TraceSummary(
        trace_id=first.trace_id, name=first.name, service=first.service, start_ns=first.start_ns, spans=len(spans),
        duration_ns=max(span.end_ns for span in spans) - first.start_ns,
        errors=sum(span.error is not None for span in spans),
        event_id=next((str(s.attributes[names.EVENT_ID]) for s in spans if s.attributes.get(names.EVENT_ID)), None),
    )  # fmt: skip
