"""Source maps without the places of packages, for bundles that are too large with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.executor.source_map import Segments, vlq


def without_packages(source_map: dict[str, Any]) -> dict[str, Any]:
    """Give a map that knows the author's own files alone."""
    packaged = {index for index, name in enumerate(source_map["sources"]) if name.startswith("node_modules/")}
    sources = ["" if index in packaged else name for index, name in enumerate(source_map["sources"])]
    lines = _own_lines(source_map["mappings"], packaged)
    return {**source_map, "sources": sources, "mappings": ";".join(lines), "names": []}


def _own_lines(mappings: str, packaged: set[int]) -> Iterator[str]:
    segments = Segments()
    read, written = [0, 0, 0], [0, 0, 0]
    for line in mappings.split(";"):
        column = last = 0
        is_own, kept = True, list[str]()
        for text in line.split(",") if line else ():
            ahead, *deltas = segments[text]
            column += ahead
            read = [now + delta for now, delta in zip(read, deltas, strict=False)] or read
            was_own, is_own = is_own, bool(deltas) and read[0] not in packaged
            if is_own:
                kept.append("".join(map(vlq, (column - last, *(a - b for a, b in zip(read, written, strict=True))))))
                written = read
            elif was_own or not kept:
                # From here on the place is nobody's.
                kept.append(vlq(column - last))
            else:
                continue
            last = column
        yield ",".join(kept)
