"""Source maps (ECMA-426): from a place in the text that runs to the place that its author wrote.

A map comes with the code and is as hostile as it: it is at most as long as code may be, read once in linear time, and
every number of it is checked. What is wrong with a map makes places unknown and nothing worse.
"""

from __future__ import annotations

import base64
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.code import split_source_map

MAX_NUMBER = 2**31 - 1
MAX_FILE_NAME = 256
MAX_LINES = 100_000
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = {digit: number for number, digit in enumerate(_ALPHABET)}
_CONTINUES = 32
_MAX_DIGITS = 7


class SourceMapError(ValueError):
    """A text is no source map that can be used."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file of the author's; line and column count from 1."""

    file: str
    line: int
    column: int


class _Content(BaseModel):
    model_config = ConfigDict(strict=True)

    version: Literal[3]
    sources: Annotated[list[str | None], Field(max_length=100_000)]
    sourcesContent: list[str | None] = []  # noqa: N815 the format's name
    mappings: str


@dataclass(slots=True)
class SourceMap:
    """A decoded map. Lines and columns of its lists count from 0, as those of the format."""

    sources: list[str | None]
    contents: list[str | None]
    # Lines of each source, where they are known.
    lengths: list[int]
    # Of each segment, in the order of the running text; `starts` says where each of its lines begins in them.
    starts: array[int] = field(default_factory=lambda: array("i"))
    columns: array[int] = field(default_factory=lambda: array("i"))
    places: tuple[array[int], array[int], array[int]] = field(
        default_factory=lambda: (array("i"), array("i"), array("i"))
    )

    @classmethod
    def read(cls, encoded: str) -> SourceMap:
        """Read a map in base64. Raises SourceMapError."""
        content = _content(encoded)
        lengths = [each.count("\n") + 1 if each else MAX_NUMBER for each in content.sourcesContent]
        lengths += [MAX_NUMBER] * (len(content.sources) - len(lengths))
        made = cls(content.sources, content.sourcesContent, lengths)
        made._decode(content.mappings)
        return made

    def place(self, line: int, column: int) -> Place | None:
        """Give what the author wrote at a line and column, both from 1; None where the map does not know."""
        if not 0 < line < len(self.starts):
            return None
        first, end = self.starts[line - 1], self.starts[line]
        at = bisect_right(self.columns, max(column - 1, 0), first, end) - 1
        if at < first or self.places[0][at] < 0:
            return None
        source, line, column = (each[at] for each in self.places)
        name = self.sources[source]
        if line >= self.lengths[source]:
            return None  # behind the end of the file: what a bundler has added
        return Place(name[:MAX_FILE_NAME], line + 1, column + 1) if name else None

    def text(self, place: Place) -> str:
        """Give the line of a place; empty where the map holds no text of the file."""
        for name, content in zip(self.sources, self.contents, strict=False):
            if content and name and name[:MAX_FILE_NAME] == place.file:
                return line_of(content, place.line)
        return ""

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return len(self.starts) + 4 * len(self.columns)

    def _decode(self, mappings: str) -> None:
        segments = Segments()
        source = line = column = 0
        sources, lines, columns = self.places
        for text in mappings.split(";"):
            self.starts.append(len(self.columns))
            generated = 0
            for segment in text.split(",") if text else ():
                deltas = segments[segment]
                if deltas[0] < 0:
                    raise SourceMapError("segments are not in order")
                generated += deltas[0]
                if len(deltas) == 1:
                    place = (-1, 0, 0)
                else:
                    source, line, column = source + deltas[1], line + deltas[2], column + deltas[3]
                    place = (source, line, column)
                    if not (0 <= source < len(self.sources) and 0 <= line <= MAX_NUMBER and 0 <= column <= MAX_NUMBER):
                        raise SourceMapError("a place is in no file")
                if generated > MAX_NUMBER:
                    raise SourceMapError("a column is too large")
                self.columns.append(generated)
                sources.append(place[0])
                lines.append(place[1])
                columns.append(place[2])
        self.starts.append(len(self.columns))


def own_text(code: str) -> str:
    """Give the text in which the author names what he uses: of a bundle his own files, and its first line.

    What packages name is in the bundle with them, and their texts are not in the map.
    """
    text, encoded = split_source_map(code)
    try:
        own = [each for each in _content(encoded).sourcesContent if each] if encoded else []
    except SourceMapError:
        return text
    return "\n".join([text.partition("\n")[0], *own]) if own else text


def _content(encoded: str) -> _Content:
    try:
        return _Content.model_validate_json(base64.b64decode(encoded, validate=True))
    except (ValidationError, ValueError, RecursionError):
        raise SourceMapError("no source map") from None


class Segments(dict[str, tuple[int, ...]]):
    """Decoded segments by their text: few of a map differ. Raises SourceMapError for a text that is none."""

    def __missing__(self, segment: str) -> tuple[int, ...]:
        numbers = self[segment] = tuple(_numbers(segment))
        if len(numbers) not in (1, 4, 5):
            raise SourceMapError("a segment has another number of fields")
        return numbers


def _numbers(segment: str) -> Iterator[int]:
    """Decode base64 VLQ: the lowest bit of a number is its sign, five bits a digit, the lowest first."""
    value = digits = 0
    for character in segment:
        digit = _DIGITS.get(character)
        if digit is None or digits == _MAX_DIGITS:
            raise SourceMapError("no number")
        value |= (digit & (_CONTINUES - 1)) << 5 * digits
        digits += 1
        if not digit & _CONTINUES:
            yield -(value >> 1) if value & 1 else value >> 1
            value = digits = 0
    if digits:
        raise SourceMapError("a number is cut off")


def vlq(number: int) -> str:
    """Encode a number as `Segments` reads it."""
    left, text = abs(number) << 1 | (number < 0), ""
    while left >= _CONTINUES:
        text += _ALPHABET[left & (_CONTINUES - 1) | _CONTINUES]
        left >>= 5
    return text + _ALPHABET[left]


def line_of(text: str, number: int) -> str:
    """Give a line of a text, counted from 1; empty behind the last, and where it would take long to find."""
    if not 0 < number <= MAX_LINES:
        return ""
    lines = text.split("\n", number)
    return lines[number - 1].rstrip("\r") if number <= len(lines) else ""
