"""Libraries that are loaded on use: which of them a function's code names."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

INDEX = "index.json"
# What an author wrote must take no longer to read than it is long: each character is looked at once.
_WORD = re.compile(r"[\w$]+")


@dataclass(frozen=True, slots=True)
class Library:
    """A script that is evaluated on top of the prelude.

    It is loaded where all the words of one of `words` stand in the code, or one of `patterns` is found in it, and after
    the libraries that it needs.
    """

    name: str
    words: tuple[frozenset[str], ...]
    patterns: tuple[re.Pattern[str], ...]
    needs: tuple[str, ...]
    digest: str

    def is_named(self, code: str, found: set[str]) -> bool:
        """Tell whether the code, in which these words were found, uses the library."""
        return any(words <= found for words in self.words) or any(each.search(code) for each in self.patterns)


class Libraries:
    """The libraries of one installation, in the order in which they are loaded."""

    def __init__(self, path: Path, libraries: Iterable[Library]) -> None:
        self._path = path
        self._by_name = {each.name: each for each in libraries}

    @classmethod
    def read(cls, path: Path) -> Libraries:
        """Read the index of what was built. Raises FileNotFoundError where `make setup` has not built it."""
        index = json.loads((path / INDEX).read_text())
        return cls(path, [_library(**entry) for entry in index])

    def of(self, code: str) -> tuple[str, ...]:
        """Give the names of the libraries that the code names, and of those that these need."""
        found = set(_WORD.findall(code))
        named = [each.name for each in self._by_name.values() if each.is_named(code, found)]
        return self._closed(named) if named else ()

    def digest(self, names: Iterable[str]) -> str:
        """Give what identifies the content of these libraries, in their order; nothing for none."""
        return hashlib.sha256("".join(self._by_name[name].digest for name in names).encode()).hexdigest()

    def source(self, name: str) -> str:
        """Give a library's script."""
        return (self._path / f"{name}.js").read_text()

    def digest_of(self, name: str) -> str:
        """Give what identifies a library's script: its SHA-256 in hex."""
        return self._by_name[name].digest

    def _closed(self, named: Iterable[str]) -> tuple[str, ...]:
        wanted, left = set[str](), list(named)
        while left:
            name = left.pop()
            if name not in wanted:
                wanted.add(name)
                left += self._by_name[name].needs
        return tuple(name for name in self._by_name if name in wanted)


def _library(*, name: str, words: list[str], needs: list[str], sha256: str, patterns: Sequence[str] = ()) -> Library:
    return Library(
        name,
        tuple(frozenset(_WORD.findall(text)) for text in words),
        tuple(re.compile(each, re.ASCII) for each in patterns),
        tuple(needs),
        sha256,
    )
