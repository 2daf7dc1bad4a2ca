"""A thousand warm sandboxes, each of an instance and a version of its own: what do they take of the machine?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from services.executor.canned import CannedOutside
from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation
from tests.bench.event import track_json
from tests.bench.figure import Figure
from tests.footprint import address_space_bytes, footprint

SANDBOXES = 1000
EVENTS = 3
GIB = 1024**3
TARGET_BYTES = 3 * GIB
# What a process on x86-64 can address.
ADDRESS_SPACE_BYTES = 2**47


async def measure(folder: Path, advance: Callable[[], None]) -> list[Figure]:
    """Run some events in each sandbox, then look; `advance` is called after each sandbox."""
    pool = SandboxPool(idle=SANDBOXES)
    executor = make_executor(cache_dir=folder, outside=CannedOutside({}), pool=pool)
    before, reserved = footprint(), address_space_bytes()
    for number in range(SANDBOXES):
        code = f"async function onTrack(event) {{ event.properties.version = {number}; return event; }}"
        program = Program(key=number, code=code, digest=digest_of(code), kind=FunctionKind.DESTINATION)
        for _ in range(EVENTS):
            result = await executor.run(program, Invocation(payload=track_json(number)))
            assert result.error is None, result.error
        advance()
    after, reserved = footprint(), address_space_bytes() - reserved
    mappings = (after.mappings - before.mappings) / SANDBOXES
    pool.close()
    each = (after.anonymous_bytes - before.anonymous_bytes) / SANDBOXES
    fit_mappings, fit_space = int(_max_mappings() / mappings), ADDRESS_SPACE_BYTES * SANDBOXES // reserved
    return [
        Figure(f"resident, {SANDBOXES:,} warm sandboxes", _gib(after.resident_bytes), f"< {_gib(TARGET_BYTES)}"),
        Figure("the same, shared pages counted once", _gib(after.pss_bytes)),
        Figure("own memory of one", f"{each / 1024:,.0f} KiB"),
        Figure(
            "mappings of one", f"{mappings:.1f}: {fit_mappings:,} fit into vm.max_map_count", f"> {SANDBOXES:,} fit"
        ),
        Figure(
            "addresses of one", f"{_gib(reserved / SANDBOXES)}: {fit_space:,} fit into 47 bits", f"> {SANDBOXES:,} fit"
        ),
        Figure("open files of one", f"{(after.files - before.files) / SANDBOXES:.2f}"),
    ]


def _max_mappings() -> int:
    return int(Path("/proc/sys/vm/max_map_count").read_text())


def _gib(size: float) -> str:
    return f"{size / GIB:.2f} GiB"
