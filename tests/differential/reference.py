"""Writes how the sandbox compares with standards and Node 20 into `docs/reference/runtime.md`.

`python -m tests.differential.reference` also records Node's part anew where the machine's Node is a version 20.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.differential import platform_tests
from tests.differential.runtimes import Node, SandboxRuntime
from tests.differential.tables import RECORDED, TITLES, Compared, compared, record

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "runtime.md"
# What stands between these lines is written here.
BEGIN = "<!-- Made by `python -m tests.differential.reference`. -->\n"
END = "<!-- End of what `python -m tests.differential.reference` makes. -->\n"


def page(tables: Mapping[str, Sequence[Compared]], failed: Mapping[str, int]) -> str:
    """Give the page's text, from the tables and from the number of failures by file of platform tests."""
    before, _begin, rest = PAGE.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return before + BEGIN + "".join(_section(tables, failed)) + END + after


def _section(tables: Mapping[str, Sequence[Compared]], failed: Mapping[str, int]) -> Iterator[str]:
    yield "\n| what | cases | as in the standard, or in Node 20 |\n| --- | --- | --- |\n"
    for file, failures in failed.items():
        total = len(platform_tests.cases(file))
        yield f"| web-platform-tests, `{file}` | {total} | {_rate(total - failures, total)} |\n"
    for name, found in tables.items():
        yield f"| {TITLES[name]} | {len(found)} | {_rate(sum(each.is_same for each in found), len(found))} |\n"
    yield f"\nWhat differs:\n\n- web-platform-tests:\n  - {platform_tests.REFUSED}\n"
    for name, found in tables.items():
        yield from _differences(TITLES[name], found)
    yield "\n"


def compared_tables(sandbox: SandboxRuntime) -> dict[str, list[Compared]]:
    """Compare all tables."""
    return {name: compared(sandbox, name) for name in TITLES}


def failed_platform_tests(sandbox: SandboxRuntime) -> dict[str, int]:
    """Count the failures by file."""
    return {file: len(platform_tests.failures(sandbox, file)) for file in platform_tests.FILES}


def _rate(same: int, total: int) -> str:
    return "all" if same == total else f"{same} ({100 * same / total:.1f} %)"


def _differences(title: str, found: Iterable[Compared]) -> Iterator[str]:
    reasons = dict.fromkeys(each.row.reason for each in found if each.row.reason)
    if reasons:
        yield f"- {title}:\n" + "".join(f"  - {reason}\n" for reason in reasons)


def main() -> None:
    """Write the record and the page."""
    with Node() as node:
        if node.version().startswith("v20."):
            RECORDED.write_text(record(node))
    with tempfile.TemporaryDirectory() as cache_dir, SandboxRuntime(Path(cache_dir)) as sandbox:
        PAGE.write_text(page(compared_tables(sandbox), failed_platform_tests(sandbox)))


if __name__ == "__main__":
    main()
