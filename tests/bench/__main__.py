"""`make bench`: figures of one run beside those to reach, in about four minutes.

`python -m tests.bench.soak` and `python -m tests.bench.growth` take longer and stand alone.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench import calls, executor, fairness, installation, telemetry
from tests.bench.figure import show


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()}, {platform.machine()}; medians; takes four minutes", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        show("the executor in process (of the bare engine)", asyncio.run(executor.measure(Path(folder))))
    show("calls over gRPC, one core", calls.measure())
    show("beside endless loops, one core", fairness.measure())
    show("a whole installation, load on the same cores", installation.measure())
    show("telemetry on the way of an event", telemetry.measure())


main()
