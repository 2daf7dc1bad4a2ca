"""Running functions in this process, without any server: for `penstock functions test`, and for tests."""

from __future__ import annotations

from pathlib import Path

from services.executor.base_images import BaseImages
from services.executor.engine import Engine
from services.executor.executor import Executor, Program, digest_of
from services.executor.host_functions import answer_host_call, call_host_function
from services.executor.image_directory import ImageDirectory
from services.executor.images import ImageBuilder, ImageCache
from services.executor.libraries import Libraries
from services.executor.outside import Outside
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, InvocationResult, Limits
from services.executor.shared_cache import SharedCaches
from services.executor.turns import Turns

# An author sees whole bodies of what the function sent and got.
SHOWN_BYTES = 5 * 1024 * 1024
DIST = Path(__file__).parent / "dist"


def make_executor(
    *,
    cache_dir: Path,
    outside: Outside,
    pool: SandboxPool,
    image_capacity: int = 256,
    image_bytes: int = 10 * 1024**3,
    turns: Turns | None = None,
    caches: SharedCaches | None = None,
) -> Executor:
    """Put an executor together, compiling the engine on first use (about a second).

    `image_capacity` images stay loaded, `image_bytes` of them stay on disk.

    Raises FileNotFoundError where `make setup` has not built engine, prelude and libraries, ForeignDirectoryError for
    a cache directory of somebody else.
    """
    directory = ImageDirectory(cache_dir, max_bytes=image_bytes)
    engine = Engine(wasm=(DIST / "engine.wasm").read_bytes(), directory=directory)
    bases = BaseImages(
        engine=engine,
        prelude=(DIST / "prelude.js").read_text(),
        libraries=Libraries.read(DIST / "libraries"),
        directory=directory,
        host_call=_while_building,
    )
    builder = ImageBuilder(engine=engine, bases=bases, directory=directory, host_call=_while_building)
    images = ImageCache(builder=builder, capacity=image_capacity)
    return Executor(builder=builder, images=images, pool=pool, outside=outside, turns=turns or Turns(), caches=caches)


def _while_building(request: bytes) -> tuple[bytes, int]:
    """Answer host functions while an image is tried; nothing of a top level that used one is kept."""
    return answer_host_call(request, call_host_function)


async def run_function(
    *,
    code: str,
    kind: FunctionKind,
    invocation: Invocation,
    outside: Outside,
    cache_dir: Path,
    settings: bytes = b"{}",
    limits: Limits | None = None,
) -> InvocationResult:
    """Run one event in a sandbox of its own.

    Credentials are shown too: they are those of who asks. A fault of the code itself, a syntax error too, is the
    result's error. Raises what `make_executor` raises.
    """
    pool = SandboxPool(per_key=1, idle=0)
    executor = make_executor(cache_dir=cache_dir, outside=outside, pool=pool)
    program = Program(
        key="local",
        code=code,
        digest=digest_of(code),
        kind=kind,
        settings=settings,
        limits=limits or Limits(shown_bytes=SHOWN_BYTES),
        once=True,
        masker=None,
    )
    return await executor.run(program, invocation)
