"""Which pages of a private mapping this process has written: Linux tells in `/proc/self/pagemap`."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator

# The last byte of a page's entry: 128 in memory, 64 swapped out, 32 still the file's own.
_WRITTEN = bytes(flags for flags in range(256) if flags & 0xC0 and not flags & 0x20)
_RUNS = re.compile(b"[" + re.escape(_WRITTEN) + b"]+")
_ENTRY_BYTES = 8


class WrittenPages:
    """Reads the process's page map. Raises OSError where there is none."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)

    def runs(self, address: int, length: int) -> Iterator[tuple[int, int]]:
        """Give offset and length of each run of written pages in a range of whole pages."""
        pages = length // mmap.PAGESIZE
        entries = os.pread(self._file, pages * _ENTRY_BYTES, address // mmap.PAGESIZE * _ENTRY_BYTES)
        if len(entries) != pages * _ENTRY_BYTES:
            raise OSError("the page map is cut short")
        for run in _RUNS.finditer(entries[_ENTRY_BYTES - 1 :: _ENTRY_BYTES]):
            yield run.start() * mmap.PAGESIZE, (run.end() - run.start()) * mmap.PAGESIZE
