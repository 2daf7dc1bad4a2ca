"""Where errors are in what an author wrote: frames of the engine, mapped through the source map of the code."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import asdict, replace
from typing import Any

from services.executor.results import FunctionError, InvocationResult, LogLine
from services.executor.source import AUTHOR_FILE, MAX_MESSAGE, CodeFault
from services.executor.source_map import Place, SourceMap, SourceMapError, line_of
from shared.code import split_source_map

MAX_SOURCE_LINE = 256
# Numbers of 4 bytes that decoded maps may have together, beside the latest.
MAX_HELD = 16 * 1024 * 1024
# What knowing of a map takes, or of there being none.
MAP_WEIGHT = 1024
_FRAME = re.compile(
    rf"(?P<head>(?:^|\n) *+at (?:[^\n]*\()?){re.escape(AUTHOR_FILE)}:"
    r"(?P<line>\d{1,9}):(?P<column>\d{1,9})(?P<tail>\)?(?=[\n\]]|$| \{))",
)
_PLACE = f"{AUTHOR_FILE}:"
_PACKAGES = "node_modules/"


def has_frames(result: InvocationResult) -> bool:
    """Tell whether a run's error or logs name a place in the code."""
    return any(_PLACE in line.text for line in result.logs) or (result.error is not None and bool(result.error.stack))


class Places:
    """Finds places in code by its digest; maps of the latest failures stay decoded. For any thread."""

    def __init__(self) -> None:
        self._maps: OrderedDict[str, SourceMap | None] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def knows(self, digest: str) -> bool:
        """Tell whether the map of this code is at hand, or that there is none."""
        return digest in self._maps

    def result(self, result: InvocationResult, digest: str, code: str) -> InvocationResult:
        """Put the author's files, lines and columns into a run's error and logs."""
        where = _Code(self._map(digest, code), code)
        logs = [where.log(line) for line in result.logs]
        return replace(result, error=result.error and where.error(result.error), logs=logs)

    def fault(self, fault: CodeFault, digest: str, code: str) -> CodeFault:
        """Put the author's file, line, column and the line itself into a fault of the code."""
        where = _Code(self._map(digest, code), code)
        place = where.place(fault.line, fault.column)
        return replace(fault, **where.shown(place)) if place else fault

    def _map(self, digest: str, code: str) -> SourceMap | None:
        with self._lock:
            if digest not in self._maps:
                found = self._maps[digest] = _read(code)
                self._held += _weight(found)
            self._maps.move_to_end(digest)
            while len(self._maps) > 1 and self._held > MAX_HELD:
                self._held -= _weight(self._maps.popitem(last=False)[1])
            return self._maps[digest]


class _Code:
    """Code with its map, if it has one."""

    def __init__(self, source_map: SourceMap | None, code: str) -> None:
        self._map = source_map
        self._code = code

    def place(self, line: int, column: int) -> Place | None:
        if self._map is not None:
            return self._map.place(line, column)
        return Place(AUTHOR_FILE, line, max(column, 1)) if line > 0 else None

    def shown(self, place: Place) -> dict[str, Any]:
        text = line_of(self._code, place.line) if self._map is None else self._map.text(place)
        return {**asdict(place), "source_line": text[:MAX_SOURCE_LINE]}

    def log(self, line: LogLine) -> LogLine:
        if _PLACE not in line.text:
            return line
        return replace(line, text=_cut(self._frames(line.text), max(len(line.text), MAX_MESSAGE)))

    def error(self, error: FunctionError) -> FunctionError:
        head = f"{error.name}: {error.message}"
        # What an author's message looks like is no frame.
        frames = error.stack.removeprefix(head)
        places = (self.place(int(each["line"]), int(each["column"])) for each in _FRAME.finditer(frames))
        known = [place for place in places if place is not None]
        # The author's own call says more than where in a package it ended.
        own = next((place for place in known if _PACKAGES not in place.file), known[0] if known else None)
        stack = _cut(error.stack[: len(error.stack) - len(frames)] + self._frames(frames))
        return replace(error, stack=stack, **(self.shown(own) if own else {}))

    def _frames(self, text: str) -> str:
        return _FRAME.sub(self._frame, text) if self._map is not None else text

    def _frame(self, frame: re.Match[str]) -> str:
        place = self.place(int(frame["line"]), int(frame["column"]))
        if place is None:
            # What the bundler wrote: between the author's own it tells nothing.
            return "" if frame["head"].startswith("\n") else frame[0]
        return f"{frame['head']}{place.file}:{place.line}:{place.column}{frame['tail']}"


def _read(code: str) -> SourceMap | None:
    encoded = split_source_map(code)[1]
    try:
        return SourceMap.read(encoded) if encoded else None
    except SourceMapError:
        return None


def _weight(source_map: SourceMap | None) -> int:
    return MAP_WEIGHT + (source_map.size if source_map else 0)


def _cut(text: str, length: int = MAX_MESSAGE) -> str:
    """Bound a text by whole lines."""
    return text if len(text) <= length else text[:length].rpartition("\n")[0] or text[:length]
