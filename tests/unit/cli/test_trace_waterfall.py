from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cli.traces.store import StoredEvent, StoredSpan
from cli.traces.waterfall import Waterfall, arrange, as_json
from shared.telemetry import attributes as names

MS = 1_000_000


def span(number: int, parent: int | None, name: str, start_ms: int, end_ms: int, **more: object) -> StoredSpan:
    fields = {"service": "penstock-gateway", "kind": "internal", **more}
    return StoredSpan(
        trace_id="a" * 32,
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        name=name,
        start_ns=start_ms * MS,
        end_ns=end_ms * MS,
        **fields,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )


def drawn(spans: list[StoredSpan], *, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(Waterfall(spans))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_trace_is_drawn_as_a_tree_with_bars() -> None:
    function = {
        names.FUNCTION_VERSION: 7, names.FAAS_COLDSTART: True, names.SANDBOX_FUEL: 1_234_567,
        names.SANDBOX_MEMORY: 3 * 2**20, names.ERROR_KIND: "RETRY",
    }  # fmt: skip
    lines = drawn(
        [
            span(1, None, "POST /hooks", 0, 20, attributes={names.HTTP_RESPONSE_STATUS_CODE: 200}),
            span(2, 1, "deliver", 20, 100, service="penstock-delivery", error="RETRY"),
            span(3, 2, "run", 30, 60, service="penstock-executor", attributes=function, error="RETRY"),
            span(4, 2, "POST", 40, 50, events=[StoredEvent("log", 45 * MS, {"line": "hello"})]),
            span(5, 1, "later", 90, 100),
        ]
    ).splitlines()
    assert "100.0 ms  5 spans  3 services  2 failed" in lines[0]
    assert "POST /hooks" in lines[1]
    assert "200" in lines[1]
    assert lines[2].strip().startswith("├─ ✗ deliver")
    assert lines[3].strip().startswith("│  ├─ ✗ run")
    assert all(word in lines[3] for word in ("v7", "cold", "1.2M fuel", "3.0 MiB", "RETRY", "executor", "30.0 ms"))
    assert lines[3].count("RETRY") == 1
    assert lines[4].strip().startswith("│  └─ POST")
    assert "· log hello" in lines[5]
    assert lines[6].strip().startswith("└─ later")
    assert [line.count("█") for line in lines[1:5]] == [6, 25, 9, 3]


def test_on_a_narrow_console_details_stand_below() -> None:
    lines = drawn([span(1, None, "n" * 100, 0, 20, attributes={names.DELIVERY_TRY: 3})], width=80).splitlines()
    assert "try 3" not in lines[1]
    assert lines[1].startswith("nnn")
    assert lines[1].endswith("20.0 ms")
    assert lines[2].strip() == "try 3"
    assert all(len(line) <= 80 for line in lines)


def test_tenants_text_cannot_speak_to_the_terminal() -> None:
    hostile = "\x1b[2J[red]x[/red]\nnew"
    text = drawn([span(1, None, hostile, 0, 1, error=hostile, events=[StoredEvent(hostile, 0, {"line": hostile})])])
    assert "\x1b" not in text
    assert "[red]x[/red]" in text


def test_values_of_wrong_types_are_shown_as_they_are() -> None:
    assert "lots" in drawn([span(1, None, "x", 5, 1, attributes={names.SANDBOX_FUEL: "lots"})])


@given(st.lists(st.tuples(st.integers(0, 8), st.none() | st.integers(0, 9), st.integers(0, 50), st.integers(0, 50))))
def test_every_span_is_drawn_once_whatever_the_parents(parts: list[tuple[int, int | None, int, int]]) -> None:
    spans = list({number: span(number, parent, "x", start, end) for number, parent, start, end in parts}.values())
    assert sorted(node.span.span_id for node in arrange(spans)) == sorted(item.span_id for item in spans)
    if spans:
        drawn(spans)
        assert len(json.loads(json.dumps(as_json(spans)))["spans"]) == len(spans)


def test_deep_traces_are_drawn() -> None:
    spans = [span(number, number - 1 if number else None, "x", number, 5000) for number in range(3000)]
    assert [node.depth for node in arrange(spans)] == list(range(3000))
