"""Glob patterns, matched in time linear in the text, whatever the pattern.

A pattern is a row of places for one character each; stars let a text stay where it is. All places that a text may have
reached are the bits of one number, so that one step takes them all on by one character and nothing is tried twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate

_BEYOND = 0x110000


class _Malformed(Exception):
    pass


class Glob:
    """`*` any characters, `?` one, `[abc]`, `[a-z]`, `[^…]` one of a set, `\\x` the character x itself.

    A pattern that is malformed matches nothing.
    """

    def __init__(self, pattern: str) -> None:
        self._stars = 0
        self._places = 0
        # The places that take a character change at these characters: a place is on from one to the next.
        self._changes: defaultdict[int, int] = defaultdict(int, {0: 0})
        try:
            self._read(pattern)
        except _Malformed:
            self._start = 0
        else:
            self._start = 1
        self._bounds = sorted(self._changes)
        self._taking = list(accumulate((self._changes[bound] for bound in self._bounds), int.__xor__))

    def matches(self, text: str) -> bool:
        """Tell whether the pattern describes the whole text, case and all."""
        reached, stars, bounds, taking = self._start, self._stars, self._bounds, self._taking
        for character in text:
            reached = (reached & taking[bisect_right(bounds, ord(character)) - 1]) << 1 | (reached & stars)
            if not reached:
                return False
        return bool(reached >> self._places & 1)

    def _read(self, pattern: str) -> None:
        at = 0
        while at < len(pattern):
            character = pattern[at]
            at += 1
            if character == "*":
                self._stars |= 1 << self._places
            elif character == "?":
                self._place([(0, _BEYOND)])
            elif character == "[":
                at = self._read_set(pattern, at)
            else:
                character, at = _member(pattern, at - 1, ends="")
                self._place([(ord(character), ord(character))])

    def _read_set(self, pattern: str, at: int) -> int:
        inverted = pattern[at : at + 1] == "^"
        at += inverted
        ranges: list[tuple[int, int]] = []
        while not (ranges and pattern[at : at + 1] == "]"):
            low, at = _member(pattern, at)
            high = low
            if pattern[at : at + 1] == "-":
                high, at = _member(pattern, at + 1)
            ranges.append((ord(low), ord(high)))
        self._place(ranges, inverted=inverted)
        return at + 1

    def _place(self, ranges: list[tuple[int, int]], *, inverted: bool = False) -> None:
        bit = 1 << self._places
        if inverted:
            self._changes[0] ^= bit
        for low, high in _disjoint(ranges):
            self._changes[low] ^= bit
            self._changes[high + 1] ^= bit
        self._places += 1


def _member(pattern: str, at: int, *, ends: str = "-]") -> tuple[str, int]:
    """Give the character at a place, which a backslash may stand before, and where the next one is."""
    character = pattern[at : at + 1]
    if character == "\\":
        at += 1
        character = pattern[at : at + 1]
    elif character and character in ends:
        raise _Malformed
    if not character:
        raise _Malformed
    return character, at + 1


def _disjoint(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what overlaps, and leave out what is upside down."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(each for each in ranges if each[0] <= each[1]):
        if joined and low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return joined
