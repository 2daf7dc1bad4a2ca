"""Tables of expressions with what Node 20 makes of them, recorded, so that any machine can compare.

A table is a file of `tables`: an expression a line. A line `# …` below one says why the sandbox differs there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.differential.runtimes import Node, Outcome, SandboxRuntime

HERE = Path(__file__).parent
RECORDED = HERE / "node20.json"
TITLES = {
    "buffer": "`Buffer`",
    "encoding": "`TextEncoder`, `TextDecoder`, `atob`, `btoa`",
    "url": "`URL`, `URLSearchParams`",
    "structured-clone": "`structuredClone`",
    "timers": "timers",
    "abort": "`AbortController`, `AbortSignal`, `DOMException`",
    "forms": "`FormData`, `Blob`, `File`",
    "streams": "web streams",
    "crypto": "`crypto`",
    "zlib": "`zlib`",
    "modules": "`querystring`, `path`, `url`, `util`, `events`, `assert`, `stream`",
    "intl": "`Intl`, `toLocale…String`, `localeCompare`",
}


@dataclass(frozen=True, slots=True)
class Row:
    """An expression, with the reason for which the sandbox differs; none where it must not."""

    expression: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A row with both outcomes."""

    row: Row
    node: Outcome
    sandbox: Outcome

    @property
    def is_same(self) -> bool:
        return self.node == self.sandbox


def rows(name: str) -> list[Row]:
    """Read a table."""
    found: list[Row] = []
    for line in (HERE / "tables" / f"{name}.txt").read_text().splitlines():
        if line.startswith("# "):
            found[-1] = Row(found[-1].expression, line.removeprefix("# "))
        else:
            found.append(Row(line))
    return found


def outcomes(runtime: Node | SandboxRuntime, table: Sequence[Row]) -> list[Outcome]:
    """Evaluate a table's expressions."""
    functions = ",\n".join(f"() => ({row.expression})" for row in table)
    return runtime.outcomes(f"const CASES = [{functions}];\nconst run = (at) => CASES[at]();", list(range(len(table))))


def compared(sandbox: SandboxRuntime, name: str) -> list[Compared]:
    """Compare a table with what is recorded of Node 20. Raises KeyError for an expression that is not."""
    table = rows(name)
    known: dict[str, Outcome] = json.loads(RECORDED.read_text())["outcomes"]
    found = outcomes(sandbox, table)
    return [Compared(row, known[row.expression], outcome) for row, outcome in zip(table, found, strict=True)]


def record(node: Node) -> str:
    """Write what Node makes of all tables, as `RECORDED` holds it."""
    tables = [rows(name) for name in TITLES]
    pairs = [
        (row.expression, outcome) for table in tables for row, outcome in zip(table, outcomes(node, table), strict=True)
    ]
    return json.dumps({"version": node.version(), "outcomes": dict(pairs)}, ensure_ascii=False, indent=1) + "\n"
