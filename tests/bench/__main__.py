"""`make bench`: all figures of one run, with ratios to its own warm event so that machines can be compared."""

from __future__ import annotations

import asyncio
import platform
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import executor, installation


def main() -> None:
    """Measure and print."""
    console = Console(width=100)
    console.print("[dim]The executor in process …[/]")
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        in_process = asyncio.run(executor.measure(Path(folder)))
    console.print("[dim]A whole installation …[/]")
    whole = installation.measure()
    console.print(f"\nPython {platform.python_version()}, {platform.machine()}, medians\n")
    table = Table("executor in process", "us", "warm events", box=None, header_style="bold")
    for name, value in in_process.items():
        table.add_row(name, f"{value:,.0f}", f"{value / in_process['warm event']:.2f}")
    console.print(table)
    table = Table("\na whole installation", "", box=None, header_style="bold")
    for name, value in whole.items():
        table.add_row(name, f"{value:,.1f}" if value < 100 else f"{value:,.0f}")
    console.print(table)


main()
