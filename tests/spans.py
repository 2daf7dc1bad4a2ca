"""Collects spans where a receiver would be, and tells how they hang together."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.sdk.trace import ReadableSpan


class CollectedSpans:
    """A sink that keeps what is recorded."""

    def __init__(self) -> None:
        self.all: list[ReadableSpan] = []
        self.important: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan, *, important: bool = False) -> None:
        self.all.append(span)
        if important:
            self.important.append(span)

    def shutdown(self) -> None:
        pass

    def named(self, name: str) -> list[ReadableSpan]:
        """Give the spans of a name, in the order in which they were recorded."""
        return [span for span in self.all if span.name == name]


def span_id(span: ReadableSpan) -> str:
    """Give the span's id as it travels."""
    assert span.context
    return f"{span.context.span_id:016x}"


def trace_id(span: ReadableSpan) -> str:
    """Give the trace's id as it travels."""
    assert span.context
    return f"{span.context.trace_id:032x}"


def by_trace(spans: Iterable[ReadableSpan]) -> dict[str, list[ReadableSpan]]:
    """Sort spans by their traces."""
    traces: dict[str, list[ReadableSpan]] = {}
    for span in spans:
        traces.setdefault(trace_id(span), []).append(span)
    return traces


def edges(spans: Iterable[ReadableSpan]) -> list[tuple[str, str]]:
    """Give the (parent's name, name) of each span, once however often it was recorded; `?` for a missing parent."""
    known = {span_id(span): span for span in spans}
    names = {name: span.name for name, span in known.items()}
    return sorted(
        (names.get(f"{span.parent.span_id:016x}", "?") if span.parent else "", span.name) for span in known.values()
    )
