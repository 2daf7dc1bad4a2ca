"""Names of compiled images by their key: finding one among thousands takes no look at the others."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path


class ImageNames:
    """Knows the files of a directory whose names begin with a key and a dot.

    A file that another process added is found when its key is asked for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, set[str]] = {}

    def of(self, key: str) -> list[str]:
        """Give the names under a key. One that is unknown, or has lost a file, takes a look at the whole directory."""
        known = self._names.get(key, ())
        if not known or not all(os.path.lexists(self._path / name) for name in known):
            self._list()
        return sorted(self._names.get(key, ()))

    def add(self, name: str) -> None:
        """Know of a file that was just written."""
        self._names.setdefault(name.partition(".")[0], set()).add(name)

    def _list(self) -> None:
        found = defaultdict[str, set[str]](set)
        with suppress(OSError):  # the directory is gone: nothing is known
            # Thousands of `Path`s would take longer than what is loaded.
            for name in os.listdir(self._path):  # noqa: PTH208
                found[name.partition(".")[0]].add(name)
        self._names = dict(found)
