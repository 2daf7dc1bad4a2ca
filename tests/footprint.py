"""What this process holds of the machine: memory, mappings, open files, threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_OWN = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Counts of one moment.

    `resident_bytes` counts a file's page for each of its mappings, `pss_bytes` once. Of it `private_bytes` are mapped
    by this process alone, and of those `anonymous_bytes` are its own: pages of files can be taken back.
    """

    resident_bytes: int
    pss_bytes: int
    private_bytes: int
    anonymous_bytes: int
    mappings: int
    files: int
    threads: int


def footprint() -> Footprint:
    """Take the figures now, which takes some milliseconds per thousand mappings."""
    memory = _numbers(_OWN / "smaps_rollup")
    return Footprint(
        resident_bytes=1024 * memory["Rss"],
        pss_bytes=1024 * memory["Pss"],
        private_bytes=1024 * (memory["Private_Clean"] + memory["Private_Dirty"]),
        anonymous_bytes=1024 * memory["Anonymous"],
        mappings=(_OWN / "maps").read_bytes().count(b"\n"),
        files=len(list((_OWN / "fd").iterdir())),
        threads=_numbers(_OWN / "status")["Threads"],
    )


def address_space_bytes() -> int:
    """Give what this process has reserved, whether used or not."""
    return 1024 * _numbers(_OWN / "status")["VmSize"]


def _numbers(file: Path) -> dict[str, int]:
    lines = (line.split() for line in file.read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
