"""A service's process: logs and telemetry, then what its composition root builds, until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import TypeVar

import structlog
import uvloop
from pydantic import ValidationError

from shared.errors import PenstockError
from shared.settings import ServiceSettings
from shared.telemetry.logs import configure_logs
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.metrics_http import serving_metrics
from shared.telemetry.metrics_otlp import exporting_metrics
from shared.telemetry.tracing import Tracing

# Objects made between two collections; the default of 700 is reached by a few events.
_GC_THRESHOLD = 20_000

# In the environment of a process that has all loaded, and begins when a line comes in: a service that must be back at
# once cannot wait until Python has read its code.
STANDS_BY = "PENSTOCK_STANDS_BY"

S = TypeVar("S", bound=ServiceSettings)


def run_service(
    name: str, settings_type: type[S], build: Callable[[S, Tracing], AbstractAsyncContextManager[None]]
) -> None:
    """Run a service until SIGTERM or SIGINT. Settings that do not parse end it with status 2, and are named; what
    the service needs and cannot have ends it with status 1, and is logged.

    `build` is the composition root, an async context manager: entered, everything runs; left, all that was accepted is
    finished.
    """
    settings = _settings(settings_type)
    configure_logs(service=f"penstock-{name}", log_format=settings.log_format, level=settings.log_level)
    tune_process()
    if STANDS_BY in os.environ and not sys.stdin.readline():
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(name, settings, build))


def tune_process() -> None:
    """Have garbage collected less often, and as many files and connections open as the machine lets this user have."""
    # Imports are done: what they made lives as long as the process, so no collection need look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS calls a number unlimited that it does not take
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _settings(settings_type: type[S]) -> S:
    try:
        return settings_type()
    except ValidationError as error:
        for wrong in error.errors():
            name = str(wrong["loc"][0]).upper()
            variable = name if name.startswith("OTEL_") else f"PENSTOCK_{name}"
            sys.stderr.write(f"{variable}: {wrong['msg'].removeprefix('Value error, ')}\n")
        raise SystemExit(2) from None


async def _run(name: str, settings: S, build: Callable[[S, Tracing], AbstractAsyncContextManager[None]]) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    tracing = Tracing.exporting(
        service=f"penstock-{name}",
        endpoint=settings.otlp_traces_endpoint or settings.otlp_endpoint or None,
        traces_per_second=settings.traces_per_second,
        slow_s=settings.slow_s,
    )
    log = structlog.get_logger()
    try:
        async with _measured(settings, tracing), build(settings, tracing):
            log.info("service.started")
            await stop.wait()
            log.info("service.stopping")
    except PenstockError as error:
        log.error("service.failed", error=error.message, reason=error.reason)  # noqa: TRY400 the message says all
        raise SystemExit(1) from None
    finally:
        await tracing.shutdown()


@asynccontextmanager
async def _measured(settings: ServiceSettings, tracing: Tracing) -> AsyncGenerator[None]:
    REGISTRY.by_tenant = settings.metrics_by_tenant
    async with AsyncExitStack() as stack:
        if settings.otlp_endpoint:
            await stack.enter_async_context(
                exporting_metrics(REGISTRY, resource=tracing.resource, endpoint=settings.otlp_endpoint)
            )
        if settings.metrics_address:
            await stack.enter_async_context(serving_metrics(settings.metrics_address, tracing.resource))
        yield
