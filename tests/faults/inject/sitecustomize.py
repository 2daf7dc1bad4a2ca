"""What a test does to a process from within: moves a service's clock, or has it die at a point; has the supervisor
start what died as soon as ever. No hook in their code.

Python imports a file of this name at its start, from the folder that PYTHONPATH names. In `PENSTOCK_FAULTS`, a folder,

- `clock` holds a signed number of nanoseconds for each service, which `time.time` and `time.time_ns` add, also while
  the service runs: that is all that the services read of the clock on an event's way;
- `points.json` and `armed` tell where services can die, and which of them does now: see `tests.faults.doom`.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from pathlib import Path

SERVICES = ("gateway", "registry", "secrets", "executor", "delivery")
FOLDER = "PENSTOCK_FAULTS"


def _begin(folder: Path, service: str) -> None:
    _shift_clock(folder / "clock", SERVICES.index(service))
    if (folder / "points.json").exists():
        from tests.faults import doom  # noqa: PLC0415 only whoever dies needs it

        doom.install(folder, service)


def _shift_clock(path: Path, slot: int) -> None:
    with path.open("r+b") as file:
        cells = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
    true_time, true_time_ns = time.time, time.time_ns
    time.time = lambda: true_time() + cells[slot] / 1e9
    time.time_ns = lambda: true_time_ns() + cells[slot]


def _hurry() -> None:
    from cli.local import supervisor  # noqa: PLC0415 services have none

    supervisor._LONGEST_RESTART_DELAY_S = supervisor._RESTART_DELAY_S  # type: ignore[attr-defined]


_package, _, _service = sys.orig_argv[-1].partition(".")
if FOLDER in os.environ and _package == "services" and _service in SERVICES:
    _begin(Path(os.environ[FOLDER]), _service)
elif FOLDER in os.environ and sys.orig_argv[1:4] == ["-m", "cli", "up"]:
    _hurry()
