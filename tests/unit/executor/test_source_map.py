"""Source maps: read as Node reads them, and harmless whatever is in them."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.own_places import without_packages
from services.executor.source_map import MAX_LINES, Place, SourceMap, SourceMapError, line_of, vlq
from shared.code import MAP_MARK, split_source_map

# Node's own reader of source maps, asked for many places at once.
NODE = """
const { SourceMap } = require('module');
const { payload, places } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const map = new SourceMap(payload);
console.log(JSON.stringify(places.map(([line, column]) => {
  const entry = map.findEntry(line - 1, column - 1);
  if (entry.generatedLine !== line - 1 || entry.originalSource == null) return null;
  return [entry.originalSource, entry.originalLine + 1, entry.originalColumn + 1];
})));
"""
SEGMENTS = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2), st.integers(0, 2000), st.integers(0, 200)), max_size=6),
    max_size=6,
)


def encoded(content: Any) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


def mappings(lines: list[list[tuple[int, int, int, int]]]) -> str:
    last, written = [0, 0, 0], list[str]()
    for line in lines:
        segments = list[str]()
        for ahead, *place in line:
            segments.append(vlq(ahead) + "".join(vlq(now - before) for now, before in zip(place, last, strict=True)))
            last = place
        written.append(",".join(segments))
    return ";".join(written)


def test_places_are_those_that_node_finds() -> None:
    @given(SEGMENTS)
    def collect(lines: list[list[tuple[int, int, int, int]]]) -> None:
        cases.append(lines)

    cases = list[Any]()
    collect()
    # All in one map, one behind the other, so that Node is asked once.
    payload = {
        "version": 3,
        "sources": ["a.ts", "b.ts", "c.ts"],
        "mappings": mappings([line for lines in cases for line in lines]),
    }
    count = sum(len(lines) for lines in cases)
    places = [(line, column) for line in range(1, count + 1) for column in (1, 2, 17, 60, 300)]
    asked = json.dumps({"payload": payload, "places": places})
    told = json.loads(
        subprocess.run(["node", "-e", NODE], input=asked, capture_output=True, text=True, check=True).stdout
    )
    read = SourceMap.read(encoded(payload))
    assert [
        place and [place.file, place.line, place.column] for place in (read.place(*each) for each in places)
    ] == told
    assert any(told)


@given(SEGMENTS)
def test_a_map_without_packages_knows_the_other_places(lines: list[list[tuple[int, int, int, int]]]) -> None:
    content = {"version": 3, "sources": ["a.ts", "node_modules/b.js", "c.ts"], "mappings": mappings(lines)}
    whole, own = SourceMap.read(encoded(content)), SourceMap.read(encoded(without_packages(content)))
    for line in range(1, len(lines) + 1):
        for column in range(1, 250, 3):
            place = whole.place(line, column)
            assert own.place(line, column) == (None if place and place.file == "node_modules/b.js" else place)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"version": 2, "sources": ["a"], "mappings": "AAAA"},
        {"version": 3, "sources": ["a"]},
        {"version": 3, "sources": [1], "mappings": ""},
        {"version": 3, "sources": ["a"] * 100_001, "mappings": ""},
        {"version": 3, "sources": [], "mappings": "AAAA"},
        {"version": 3, "sources": ["a"], "mappings": "ACAA"},
        {"version": 3, "sources": ["a"], "mappings": "AADA"},
        {"version": 3, "sources": ["a"], "mappings": "A,D"},
        {"version": 3, "sources": ["a"], "mappings": "AA"},
        {"version": 3, "sources": ["a"], "mappings": "g"},
        {"version": 3, "sources": ["a"], "mappings": "gggggggggggggA"},
        {"version": 3, "sources": ["a"], "mappings": "AA?A"},
        {"version": 3, "sections": []},
    ],
    ids=str,
)
def test_what_is_no_map_is_refused(content: Any) -> None:
    with pytest.raises(SourceMapError):
        SourceMap.read(encoded(content))


@pytest.mark.parametrize(
    "text", ["?", "e30", base64.b64encode(b"[" * 100_000).decode(), base64.b64encode(b"\xff").decode()]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(SourceMapError):
        SourceMap.read(text)


@given(st.text("ABCDgz,;/+09", max_size=80), st.integers(-3, 2**40), st.integers(-3, 2**40))
def test_no_mappings_do_harm(text: str, line: int, column: int) -> None:
    try:
        read = SourceMap.read(encoded({"version": 3, "sources": ["a"], "mappings": text}))
    except SourceMapError:
        return
    found = read.place(line, column)
    assert found is None or (found.file == "a" and found.line > 0 and found.column > 0)


def test_a_line_is_shown_where_its_file_is_known() -> None:
    mappings = "ACCA;AACA"
    content = {"version": 3, "sources": ["a.ts", "b.ts"], "sourcesContent": [None, "one\r\ntwo"], "mappings": mappings}
    read = SourceMap.read(encoded(content))
    place = read.place(1, 1)
    assert place is not None
    assert place == Place("b.ts", 2, 1)
    assert read.text(place) == "two"
    assert read.place(2, 1) is None
    assert read.text(Place("a.ts", 1, 1)) == ""
    assert line_of("a\nb", 3) == line_of("a", 0) == line_of("\n" * MAX_LINES + "x", MAX_LINES + 1) == ""


@pytest.mark.parametrize(
    ("code", "own", "found"),
    [
        (f"a\n{MAP_MARK}abc", "a\n", "abc"),
        (f"a\n{MAP_MARK}abc\n", "a\n", "abc"),
        (f"{MAP_MARK}abc", f"{MAP_MARK}abc", ""),
        (f"a {MAP_MARK}abc", f"a {MAP_MARK}abc", ""),
        (f"a\n{MAP_MARK}abc\nb", f"a\n{MAP_MARK}abc\nb", ""),
        ("", "", ""),
        ("\n", "\n", ""),
    ],
)
def test_a_map_is_the_last_line(code: str, own: str, found: str) -> None:
    assert split_source_map(code) == (own, found)
