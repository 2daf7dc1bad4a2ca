"""One trace drawn as a waterfall: the tree of its spans, each with a bar over the time it took, or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.traces.store import StoredEvent, StoredSpan
from shared.telemetry import attributes as names

BAR_CELLS = 32
MAX_EVENTS_SHOWN = 5
MAX_TEXT = 120
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_COLOURS = ("cyan", "green", "magenta", "blue", "yellow")


@dataclass(frozen=True, slots=True)
class Node:
    """A span with its place in the tree; `guides` is the drawing to its left."""

    span: StoredSpan
    depth: int
    guides: str


def arrange(spans: Sequence[StoredSpan]) -> list[Node]:
    """Put spans below their parents, by start; those whose parent is missing, or below themselves, stand on top."""
    known = {span.span_id: span for span in spans}
    children: dict[str | None, list[StoredSpan]] = {}
    for span in sorted(spans, key=lambda span: (span.start_ns, -span.end_ns)):
        parent = span.parent_id if span.parent_id in known else None
        children.setdefault(parent, []).append(span)
    placed: dict[str, Node] = {}
    _place(children.get(None, []), children, placed)
    for span in known.values():
        if span.span_id not in placed:
            _place([span], children, placed)
    return list(placed.values())


def render(spans: Sequence[StoredSpan]) -> RenderableType:
    """Return a table for a rich console. `spans` must not be empty."""
    begin_ns = min(span.start_ns for span in spans)
    total_ns = max(1, max(span.end_ns for span in spans) - begin_ns)
    services = sorted({span.service for span in spans})
    colours = {service: _COLOURS[index % len(_COLOURS)] for index, service in enumerate(services)}
    table = Table(box=None, padding=(0, 1), header_style="dim", expand=False)
    for title, options in _HEADERS:
        table.add_column(title, **options)
    for node in arrange(spans):
        table.add_row(*_row(node, begin_ns, total_ns, colours[node.span.service]))
        for event in node.span.events[:MAX_EVENTS_SHOWN]:
            table.add_row(_event(event, node), "", f"+{_duration(event.time_ns - begin_ns)}", "", "")
    errors = sum(span.error is not None for span in spans)
    title = Text.assemble(
        ("trace ", "dim"), (spans[0].trace_id, "bold"),
        (f"  {_duration(total_ns)}  {len(spans)} spans  {len(services)} services", "dim"),
        (f"  {errors} failed" if errors else "", "red"),
    )  # fmt: skip
    return Group(title, table)


def as_json(spans: Sequence[StoredSpan]) -> dict[str, Any]:
    """Return the trace for machines: spans in the drawn order, with depth; times in Unix nanoseconds."""
    return {"trace_id": spans[0].trace_id, "spans": [_span_json(node) for node in arrange(spans)]}


_HEADERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("span", {"no_wrap": True}),
    ("service", {"no_wrap": True}),
    ("at", {"justify": "right", "no_wrap": True}),
    ("", {"no_wrap": True, "min_width": BAR_CELLS}),
    ("took", {"justify": "right", "no_wrap": True}),
    ("", {"overflow": "fold"}),
)


def _place(roots: Sequence[StoredSpan], children: dict[str | None, list[StoredSpan]], placed: dict[str, Node]) -> None:
    """Place spans and all below them, depth first; a stack, since a trace may be deeper than Python recurses."""
    waiting = [(span, 0, "", True) for span in reversed(roots)]
    while waiting:
        span, depth, indent, is_last = waiting.pop()
        if span.span_id in placed:
            continue
        guide = "" if depth == 0 else ("└─ " if is_last else "├─ ")
        placed[span.span_id] = Node(span, depth, indent + guide)
        below = children.get(span.span_id, [])
        deeper = indent if depth == 0 else indent + ("   " if is_last else "│  ")
        waiting.extend((child, depth + 1, deeper, child is below[-1]) for child in reversed(below))


def _row(node: Node, begin_ns: int, total_ns: int, colour: str) -> tuple[Text | str, ...]:
    span = node.span
    failed = span.error is not None
    return (
        Text.assemble(
            (node.guides, "dim"), ("✗ " if failed else "", "red"), (_safe(span.name), "red" if failed else "")
        ),
        Text(_safe(span.service.removeprefix("penstock-")), style=colour),
        f"+{_duration(span.start_ns - begin_ns)}",
        Text(_bar(span.start_ns - begin_ns, span.end_ns - span.start_ns, total_ns), style="red" if failed else colour),
        _duration(span.end_ns - span.start_ns),
        Text(_details(span), style="dim"),
    )


def _event(event: StoredEvent, node: Node) -> Text:
    words = " ".join(str(value) for value in event.attributes.values())
    return Text(f"{' ' * len(node.guides)} · {_safe(event.name)} {_safe(words)}"[:MAX_TEXT], style="dim")


def _bar(offset_ns: int, length_ns: int, total_ns: int) -> str:
    """Draw in eighths of a cell on the right end; what is too short to see is one thin mark."""
    start = min(BAR_CELLS - 1, offset_ns * BAR_CELLS // total_ns)
    eighths = max(1, min((BAR_CELLS - start) * 8, length_ns * BAR_CELLS * 8 // total_ns))
    full, rest = divmod(eighths, 8)
    return (" " * start + "█" * full + (_EIGHTHS[rest] if rest else "")).ljust(BAR_CELLS)


def _duration(nanoseconds: int) -> str:
    seconds = nanoseconds / 1e9
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 60:
        return f"{seconds / 60:.1f} min"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 0.001 else f"{seconds * 1e6:.0f} us"


_DETAILS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    (names.HTTP_REQUEST_METHOD, str),
    (names.URL_FULL, str),
    (names.HTTP_RESPONSE_STATUS_CODE, str),
    (names.DELIVERY_TRY, lambda value: f"try {value}"),
    (names.DELIVERY_RESULT, str),
    (names.DELIVERY_REASON, str),
    (names.EVENT_TYPE, str),
    (names.EVENT_MESSAGES, lambda value: f"{value} messages"),
    (names.FUNCTION_VERSION, lambda value: f"v{value}"),
    (names.FAAS_COLDSTART, lambda value: "cold" if value else "warm"),
    (names.SANDBOX_FUEL, lambda value: f"{_scaled(value)} fuel"),
    (names.SANDBOX_MEMORY, lambda value: f"{value / 2**20:.1f} MiB"),
    (names.ERROR_KIND, str),
    (names.EGRESS_CODE, str),
)


def _details(span: StoredSpan) -> str:
    return "  ".join(_shown_details(span))


def _shown_details(span: StoredSpan) -> Iterator[str]:
    for name, show in _DETAILS:
        value = span.attributes.get(name)
        if value is not None:
            yield _safe(_attempted(show, value))
    if span.error is not None and span.error != span.attributes.get(names.ERROR_KIND):
        yield _safe(span.error)


def _attempted(show: Callable[[Any], str], value: Any) -> str:
    """Show a value that any exporter may have sent, of the wrong type too."""
    try:
        return show(value)
    except (TypeError, ValueError):
        return str(value)


def _scaled(number: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)


def _safe(text: str) -> str:
    """Make text of tenants fit for a terminal: one line, no escape sequences."""
    return "".join(char if char.isprintable() else "·" for char in text[:MAX_TEXT])


def _span_json(node: Node) -> dict[str, Any]:
    span = node.span
    return {
        "span_id": span.span_id, "parent_id": span.parent_id, "depth": node.depth, "service": span.service,
        "name": span.name, "kind": span.kind, "start_ns": span.start_ns, "end_ns": span.end_ns, "error": span.error,
        "attributes": span.attributes,
        "events": [asdict(event) for event in span.events],
    }  # fmt: skip
