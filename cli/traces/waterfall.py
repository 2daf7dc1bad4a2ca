"""One trace drawn as a waterfall: the tree of its spans, each with a bar over the time it took, or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

from cli.traces.store import StoredSpan
from shared.telemetry import attributes as names

WIDE_CELLS = 130
MIN_BAR_CELLS, MAX_BAR_CELLS = 16, 32
MAX_EVENTS_SHOWN = 5
MAX_TEXT = 120
_TIME_CELLS = 9
_DETAIL_CELLS = 30
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


class Waterfall:
    """A trace to print on a rich console: details beside the bars where the console is wide, else below the names."""

    def __init__(self, spans: Sequence[StoredSpan]) -> None:
        """Draw `spans`, which must not be empty."""
        self._nodes = arrange(spans)
        self._trace_id = spans[0].trace_id
        self._begin_ns = min(span.start_ns for span in spans)
        self._total_ns = max(1, max(span.end_ns for span in spans) - self._begin_ns)
        services = sorted({span.service for span in spans})
        self._colours = {service: _COLOURS[index % len(_COLOURS)] for index, service in enumerate(services)}
        self._service_cells = max(cell_len(_service(service)) for service in services)
        self._name_cells = max(cell_len(_name(node).plain) for node in self._nodes)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._title()
        wide = options.max_width >= WIDE_CELLS
        bar_cells = MAX_BAR_CELLS if wide else MIN_BAR_CELLS
        taken = self._service_cells + bar_cells + 2 * _TIME_CELLS + 4
        name_cells = min(self._name_cells, max(20, options.max_width - taken - (_DETAIL_CELLS if wide else 0)))
        for node in self._nodes:
            details = Text("  ".join(dict.fromkeys(_details(node.span))), style="dim")
            line = self._line(node, name_cells=name_cells, bar_cells=bar_cells)
            yield line.append("  ").append_text(details) if wide else line
            below = [] if wide or not details.plain else [details]
            for text in (*below, *_events(node.span)):
                yield Padding(text, (0, 0, 0, min(cell_len(node.guides) + 2, name_cells)), expand=False)

    def _title(self) -> Text:
        errors = sum(node.span.error is not None for node in self._nodes)
        counts = f"  {_duration(self._total_ns)}  {len(self._nodes)} spans  {len(self._colours)} services"
        failed = f"  {errors} failed" if errors else ""
        return Text.assemble(("trace ", "dim"), (self._trace_id, "bold"), (counts, "dim"), (failed, "red"))

    def _line(self, node: Node, *, name_cells: int, bar_cells: int) -> Text:
        span = node.span
        colour = self._colours[span.service]
        offset_ns, length_ns = span.start_ns - self._begin_ns, max(0, span.end_ns - span.start_ns)
        name, service = _name(node), Text(_service(span.service), style=colour)
        name.truncate(name_cells, overflow="ellipsis", pad=True)
        service.truncate(self._service_cells, pad=True)
        bar = Text(_bar(offset_ns, length_ns, self._total_ns, bar_cells), style="red" if span.error else colour)
        at, took = f"+{_duration(offset_ns)}".rjust(_TIME_CELLS), _duration(length_ns).rjust(_TIME_CELLS)
        return Text(" ", no_wrap=True, overflow="ellipsis").join(
            [name, service, Text(at, style="dim"), bar, Text(took)]
        )


def as_json(spans: Sequence[StoredSpan]) -> dict[str, Any]:
    """Return the trace for machines: spans in the drawn order, with depth; times in Unix nanoseconds."""
    return {"trace_id": spans[0].trace_id, "spans": [_span_json(node) for node in arrange(spans)]}


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


def _name(node: Node) -> Text:
    failed = node.span.error is not None
    mark = ("✗ " if failed else "", "red")
    return Text.assemble((node.guides, "dim"), mark, (_safe(node.span.name), "red" if failed else ""))


def _service(name: str) -> str:
    return _safe(name.removeprefix("penstock-"))


def _events(span: StoredSpan) -> Iterator[Text]:
    for event in span.events[:MAX_EVENTS_SHOWN]:
        words = " ".join(str(value) for value in event.attributes.values())
        yield Text(f"· {_safe(event.name)} {_safe(words)}", style="dim", no_wrap=True, overflow="ellipsis")


def _bar(offset_ns: int, length_ns: int, total_ns: int, cells: int) -> str:
    """Draw in eighths of a cell on the right end; what is too short to see is one thin mark."""
    start = min(cells - 1, offset_ns * cells // total_ns)
    eighths = max(1, min((cells - start) * 8, length_ns * cells * 8 // total_ns))
    full, rest = divmod(eighths, 8)
    return (" " * start + "█" * full + (_EIGHTHS[rest] if rest else "")).ljust(cells)


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


def _details(span: StoredSpan) -> Iterator[str]:
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
