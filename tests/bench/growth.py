"""Shows what grows with the number of functions, sandboxes and waiting handlers, beside what it should be.

`python -m tests.bench.growth` takes about three minutes, and 9 GB of disk for a while; a PART takes less.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import Progress

from shared.process import tune_process
from tests.bench import suspended, versions, warm
from tests.bench.figure import Figure, show

# Measures in a folder, calls back after each of so many steps.
Measure = Callable[[Path, Callable[[], None]], Awaitable[list[Figure]]]
PARTS: dict[str, tuple[str, Measure, int]] = {
    "versions": ("5,000 function versions", versions.measure, max(versions.SIZES)),
    "warm": ("1,000 warm sandboxes", warm.measure, warm.SANDBOXES),
    "suspended": ("2,000 suspended handlers", suspended.measure, suspended.INSTANCES),
}


def main() -> None:
    """Read the arguments; measure one part here, several in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[*PARTS, []], help=", ".join(PARTS))
    parts = parser.parse_args().parts or list(PARTS)
    if len(parts) == 1:
        _measure(*PARTS[parts[0]])
        return
    for part in parts:
        subprocess.run([sys.executable, "-m", "tests.bench.growth", part], check=True)


def _measure(title: str, measure: Measure, steps: int) -> None:
    tune_process()
    with (
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder,
        Progress(console=Console(stderr=True)) as progress,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        task = progress.add_task(title, total=steps)
        figures = runner.run(_run(measure, Path(folder), lambda: progress.advance(task)))
    show(title, figures)


async def _run(measure: Measure, folder: Path, advance: Callable[[], None]) -> list[Figure]:
    return await measure(folder, advance)


if __name__ == "__main__":
    main()
