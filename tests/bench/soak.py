"""Shows whether memory stays bounded: many events of many instances in one process, its footprint as a slope.

`python -m tests.bench.soak [--events N]` takes about two minutes for 200,000. Samples follow each other too
closely to be independent: of a margin take twice.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.executor.canned import CannedOutside
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from shared.process import tune_process
from tests.bench.slope import slope
from tests.bench.tenants import Tenants
from tests.footprint import Footprint, footprint

SAMPLES = 200
# Fewer than the instances, so that sandboxes come and go.
IDLE = 200
MIB = 1024**2
# Names, units, and the growth per event that may be noise.
FIGURES = (
    ("anonymous_bytes", MIB, "< 100 bytes"),
    ("private_bytes", MIB, "< 500 bytes, files included"),
    ("pss_bytes", MIB, "< 500 bytes, files included"),
    ("mappings", 1, "< 0.001"),
    ("files", 1, "< 0.001"),
    ("threads", 1, "0"),
)


@dataclass(frozen=True, slots=True)
class Soak:
    """What a soak found: footprints by the number of events that had run."""

    samples: list[tuple[int, Footprint]]
    outcomes: dict[str, int]
    took_s: float


async def soak(*, events: int, instances: int) -> Soak:
    """Run events in an executor as an installation has it."""
    samples: list[tuple[int, Footprint]] = []
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder, _progress() as progress:
        executor = make_executor(cache_dir=Path(folder), outside=CannedOutside({}), pool=SandboxPool(idle=IDLE))
        tenants = Tenants(executor, instances=instances)
        task = progress.add_task(f"{events:,} events, {instances} instances", total=events)
        start = time.perf_counter()
        step = max(events // SAMPLES, 1)
        for first in range(0, events, step):
            await tenants.send(range(first, min(first + step, events)))
            # What only awaits its collection is no leak.
            gc.collect()
            samples.append((first, footprint()))
            progress.advance(task, step)
        took_s = time.perf_counter() - start
        executor.pool.close()
    return Soak(samples, dict(tenants.outcomes), took_s)


def _progress() -> Progress:
    return Progress(console=Console(stderr=True))


def show(found: Soak) -> None:
    """Print a table of start, peak, end and growth."""
    table = Table("", "start", "peak", "end", "second half, per event", "target", box=None, header_style="bold")
    for name, unit, target in FIGURES:
        figures = [getattr(each, name) / unit for _at, each in found.samples]
        half = found.samples[len(found.samples) // 2 :]
        line = slope([at for at, _each in half], [getattr(each, name) for _at, each in half])
        table.add_row(
            name.replace("_bytes", " memory, MiB"),
            *(f"{figure:,.0f}" for figure in (figures[0], max(figures), figures[-1])),
            f"{line.value:+.4f} ± {line.margin:.4f}" + (" bytes" if unit > 1 else ""),
            target,
        )
    console = Console(width=120)
    console.print(table)
    kinds = ", ".join(f"{kind or 'finished'} {count:,}" for kind, count in sorted(found.outcomes.items()))
    console.print(f"\n{sum(found.outcomes.values()):,} events in {found.took_s:.0f} s: {kinds}")


def main() -> None:
    """Read the arguments, soak, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="how many (200,000)")
    parser.add_argument("--instances", type=int, default=300, help="of how many instances (300)")
    arguments = parser.parse_args()
    tune_process()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(runner.run(soak(events=arguments.events, instances=arguments.instances)))


if __name__ == "__main__":
    main()
