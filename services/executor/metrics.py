"""What the executor measures."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from services.executor.executor import Program
from services.executor.pool import SandboxPool
from services.executor.results import InvocationResult
from shared.telemetry.metrics import REGISTRY, Labels, counter, gauge, histogram

RUNS = counter(
    "penstock.function.runs",
    unit="{run}",
    text="Events that functions ran for; with the error kind of those that failed. No function stands for test runs.",
    labels=("penstock.function.id", "faas.coldstart", "penstock.error.kind"),
)
DURATION = histogram(
    "penstock.function.duration",
    unit="s",
    text="Time from the first entry into the guest to the settled handler, waiting for requests included.",
    labels=("penstock.function.id",),
)
FUEL = counter(
    "penstock.function.fuel",
    unit="{fuel}",
    text="Fuel used, about one simple WebAssembly instruction each.",
    labels=("penstock.function.id",),
)
SANDBOXES = gauge(
    "penstock.sandboxes",
    unit="{sandbox}",
    text="Sandboxes that run an event or wait for one to start (busy), and that are kept warm (idle).",
    labels=("state",),
)
SANDBOX_MEMORY = gauge("penstock.sandboxes.idle.memory", unit="By", text="Memory of the sandboxes that are kept warm.")


def measure(program: Program, result: InvocationResult) -> None:
    """Count one run."""
    function = REGISTRY.tenant(program.function_id)
    usage = result.usage
    RUNS.add((function, "true" if usage.cold else "false", result.error.kind if result.error else ""))
    DURATION.record(usage.wall_s, (function,))
    FUEL.add((function,), usage.fuel)


def observing(pool: SandboxPool) -> AbstractContextManager[None]:
    """Have the gauges look at a pool while the block runs."""

    def sandboxes() -> Mapping[Labels, float]:
        return {("busy",): pool.busy, ("idle",): pool.idle}

    return SANDBOXES.observing(sandboxes)


def observing_memory(pool: SandboxPool) -> AbstractContextManager[None]:
    """Likewise its memory."""
    return SANDBOX_MEMORY.observing(lambda: {(): pool.idle_bytes})
