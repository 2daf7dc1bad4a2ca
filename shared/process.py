"""A service's process: logs and telemetry, then what its composition root builds, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import structlog

from shared.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)
Build = Callable[[S], AbstractAsyncContextManager[None]]


def run_service(name: str, settings: S, build: Build[S]) -> None:
    """Run a service until SIGTERM or SIGINT.

    `build` is an async context manager: entered, everything runs; left, all that was accepted is finished.
    """
    asyncio.run(_run(name, settings, build))


async def _run(name: str, settings: S, build: Build[S]) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    log = structlog.get_logger(service=name)
    async with build(settings):
        log.info("service.started")
        await stop.wait()
        log.info("service.stopping")
    log.info("service.stopped")
