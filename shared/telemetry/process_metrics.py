"""What every service measures of itself."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from shared.telemetry.metrics import Labels, counter, gauge, histogram, observed_counter

SPANS_EXPORTED = counter("penstock.telemetry.spans.exported", unit="{span}", text="Spans that the receiver took.")
SPANS_DROPPED = counter(
    "penstock.telemetry.spans.dropped",
    unit="{span}",
    text="Spans lost: the queue was full while the receiver was away (QUEUE_FULL), or it did not want them (REFUSED).",
    labels=("reason",),
)
RPC_DURATION = histogram(
    "rpc.server.call.duration",
    unit="s",
    text="Calls answered, by method and gRPC status.",
    labels=("rpc.method", "rpc.response.status_code"),
)
CPU_TIME = observed_counter("process.cpu.time", unit="s", text="CPU time of the process.", labels=("cpu.mode",))
MEMORY = gauge("process.memory.usage", unit="By", text="Memory of the process that is in use (resident).")
UPTIME = gauge("process.uptime", unit="s", text="Time since the process started to measure.")

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STARTED_S = time.monotonic()
_STATM = Path("/proc/self/statm")


def _cpu_time() -> Mapping[Labels, float]:
    times = os.times()
    return {("user",): times.user, ("system",): times.system}


def _memory() -> Mapping[Labels, float]:
    try:
        return {(): int(_STATM.read_text().split()[1]) * _PAGE_BYTES}
    except OSError:
        return {}  # Linux alone tells it there


CPU_TIME.observe(_cpu_time)
MEMORY.observe(_memory)
UPTIME.observe(lambda: {(): time.monotonic() - _STARTED_S})
