"""What the processes of a running installation use of the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.penstock import Penstock

SERVICES = ("gateway", "delivery", "executor", "nats-server")
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(running: Penstock) -> dict[str, float]:
    """Give the processor time of each so far, in seconds."""
    return {name: _cpu_s(pid) for name, pid in _pids(running).items()}


def memory_kib(running: Penstock) -> dict[str, int]:
    """Give the memory of each that it shares with nobody, and its part of what it shares."""
    return {name: _pss_kib(pid) for name, pid in _pids(running).items()}


def cores(before: Mapping[str, float], after: Mapping[str, float], took_s: float) -> str:
    """Tell what part of a core each used between two looks."""
    return ", ".join(f"{name} {(after[name] - before[name]) / took_s:.0%}" for name in before)


def _pids(running: Penstock) -> dict[str, int]:
    found = {name: running.pid(name if "-" in name else f"services.{name}") for name in SERVICES}
    return {name: pid for name, pid in found.items() if pid}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _pss_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
