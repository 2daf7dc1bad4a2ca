"""The services' event loop stops its own clock while a callback runs; a run's must go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import uvloop

from services.executor.canned import CannedOutside
from services.executor.local import run_function
from services.executor.results import FunctionKind, Invocation
from tests.images import cache_dir

__all__ = ["cache_dir"]

BUSY = "function onTrack() { for (let i = 0; i < 100000; i++); }"


def test_a_run_that_never_waits_takes_time(cache_dir: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(
            run_function(
                code=BUSY,
                kind=FunctionKind.DESTINATION,
                invocation=Invocation(payload=b'{"type":"track"}'),
                outside=CannedOutside({}),
                cache_dir=cache_dir,
            )
        )
    assert result.error is None
    assert result.usage.wall_s > 0
    assert result.finished_ns > result.started_ns
