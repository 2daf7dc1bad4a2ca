"""What events leave behind: nothing. `tests.bench.soak` shows the same of memory, over many more of them."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import ErrorKind
from services.executor.sandbox import Sandbox
from tests.bench.tenants import Tenants
from tests.footprint import Footprint, footprint
from tests.images import cache_dir

__all__ = ["cache_dir"]

IMAGES = 12
# The allocator splits and joins what it has; a sandbox left open has four.
MAPPINGS_TO_AND_FRO = 40
# Those that build and load images start when they are needed.
THREADS_TO_COME = 8


@pytest.mark.slow
async def test_nothing_piles_up(cache_dir: Path) -> None:
    executor = make_executor(
        cache_dir=cache_dir, outside=CannedOutside({}), pool=SandboxPool(idle=24), image_capacity=IMAGES
    )
    tenants = Tenants(executor, instances=30)
    await tenants.send(range(1500))
    before, sandboxes = at_rest(executor)
    await tenants.send(range(1500, 3000))
    after, sandboxes_after = at_rest(executor)
    assert {ErrorKind.OUT_OF_FUEL, ErrorKind.BAD_REQUEST, ErrorKind.RETRY, ""} == set(tenants.outcomes)
    assert sandboxes_after == sandboxes
    assert after.files == before.files
    assert after.threads < before.threads + THREADS_TO_COME
    assert after.mappings < before.mappings + MAPPINGS_TO_AND_FRO
    assert len(asyncio.all_tasks()) == 1


def at_rest(executor: Executor) -> tuple[Footprint, int]:
    """Look while no event runs and no sandbox is kept; tell how many there are all the same."""
    executor.pool.close()
    gc.collect()
    return footprint(), sum(isinstance(each, Sandbox) for each in gc.get_objects())
