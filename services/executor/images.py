"""Images: the memory of an engine that has evaluated the prelude, and a function's own code on top.

Nothing that must be fresh may be in an image, or all sandboxes that start from it would share it. So the author's top
level is run once while building; if it looked at the clock, drew random numbers, wrote a log, asked for a request or
a timer, or called the host, that run is thrown away, and the image holds the compiled code alone: the top level then
runs in each new sandbox.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from wasmtime import Module, TrapCode

from services.executor import script
from services.executor.base_images import BaseImage, BaseImages
from services.executor.definition import define
from services.executor.engine import Engine
from services.executor.guest import Guest, GuestError, GuestFaultError, HostCall, TrappedError
from services.executor.image import Image
from services.executor.image_directory import ImageDirectory
from services.executor.image_metrics import IMAGES
from services.executor.source import MAX_MESSAGE, CodeFault, CodeFaultError, fault_of, wrapped
from services.executor.wasm import image_module
from services.executor.wire import LOAD, read_loaded
from shared.code import split_source_map

BUILD_FUEL = 2_300_000_000
# What compiling takes for each byte of code, and what a bundle of packages may take of memory, as libraries do.
COMPILE_FUEL = 1_500
PACKAGED_BYTES = 20
# Code without packages is shorter.
USUAL_CODE_BYTES = 256 * 1024
SNAPSHOT_FUEL = 100_000_000
BUILD_MEMORY_BYTES = 128 * 1024 * 1024
MAX_STATE_BYTES = 1024 * 1024
# A larger memory beside its libraries is not worth keeping, and would not fit into the least a sandbox may have.
MAX_BAKED_BYTES = 12 * 1024 * 1024
_REASONS = {
    TrapCode.OUT_OF_FUEL: "it takes too much fuel",
    TrapCode.STACK_OVERFLOW: "it is nested too deep",
}


@dataclass(frozen=True, slots=True)
class TopLevel:
    """What running a function's top level came to. `pure` tells that its outcome may be shared by all sandboxes."""

    pure: bool = False
    handlers: tuple[str, ...] = ()
    fault: CodeFault | None = None


@dataclass(frozen=True, slots=True)
class _Function:
    """Code, and what one look at it tells. `more_bytes` is what its libraries and packages add to its memory."""

    code: str
    key: str
    base: BaseImage
    more_bytes: int


class ImageBuilder:
    """Builds images of functions and keeps them on disk."""

    def __init__(self, *, engine: Engine, bases: BaseImages, directory: ImageDirectory, host_call: HostCall) -> None:
        self._engine = engine
        self._directory = directory
        self._host_call = host_call
        self.bases = bases

    def key(self, code: str) -> str:
        """Give what identifies the image of this code under this engine, prelude and its libraries."""
        return self._key(code, self.bases.named_in(code))

    def load(self, code: str) -> Image:
        """Give the image from disk, else build it, which is not stored yet. Raises CodeFaultError."""
        function = self._read(code)
        module = self._directory.load(function.key, self._engine.wasmtime)
        return Image(
            self._engine,
            module or self._module(function)[0],
            is_stored=module is not None,
            library_bytes=function.more_bytes,
        )

    def store(self, code: str, image: Image) -> None:
        """Store an image that was built; from then on it is mapped from its file, memory that can be taken back."""
        key = self.key(code)
        self._directory.save(key, image.module)
        image.module = self._directory.load(key, self._engine.wasmtime) or image.module
        image.is_stored = True

    def build(self, code: str) -> tuple[Module, TopLevel]:
        """Build and store the image anew, and tell what its top level did. Raises CodeFaultError."""
        function = self._read(code)
        module, top_level = self._module(function)
        self._directory.save(function.key, module)
        return module, top_level

    def _key(self, code: str, libraries: tuple[str, ...]) -> str:
        base = self.bases.key(libraries)
        return hashlib.sha256(f"{base}\0{wrapped(code)[0]}".encode(errors="surrogatepass")).hexdigest()

    def _read(self, code: str) -> _Function:
        libraries = self.bases.named_in(code)
        base = self.bases.get(libraries)
        return _Function(code, self._key(code, libraries), base, base.library_bytes + _packaged_bytes(code))

    def _module(self, function: _Function) -> tuple[Module, TopLevel]:
        memory, top_level = self._evaluated(function)
        if not top_level.pure:
            memory = self._compiled(function)
        return Module(self._engine.wasmtime, image_module(memory, at=script.STACK_TOP)), top_level

    def _evaluated(self, function: _Function) -> tuple[bytes, TopLevel]:
        with self._defined(function) as guest:
            top_level = self._run_top_level(guest, MAX_BAKED_BYTES + function.more_bytes)
            return _snapshot(guest) if top_level.pure else b"", top_level

    def _compiled(self, function: _Function) -> bytes:
        with self._defined(function) as guest:
            return _snapshot(guest)

    @contextmanager
    def _defined(self, function: _Function) -> Generator[Guest]:
        guest = self._guest(function)
        try:
            define(guest, function.code)
            yield guest
        except (TrappedError, GuestFaultError) as error:
            raise CodeFaultError(CodeFault("Error", f"the code could not be compiled: {_reason(error)}")) from None
        finally:
            guest.close()

    def _run_top_level(self, guest: Guest, most_bytes: int) -> TopLevel:
        try:
            loaded = read_loaded(guest.enter(LOAD, max_output_bytes=MAX_STATE_BYTES))
        except (TrappedError, GuestError, GuestFaultError) as error:
            return TopLevel(fault=CodeFault("Error", f"the top level did not finish: {_reason(error)}"))
        failure = loaded.failure
        reads = any(struct.unpack("<II", guest.read(self._engine.cells.fresh_reads, 8)))
        return TopLevel(
            pure=failure is None and not loaded.fresh and not reads and guest.memory_bytes() <= most_bytes,
            handlers=loaded.handlers,
            fault=fault_of(failure.name, failure.message, failure.stack) if failure else None,
        )

    def _guest(self, function: _Function) -> Guest:
        memory_bytes = BUILD_MEMORY_BYTES + function.more_bytes
        guest = Guest(self._engine, function.base.module, memory_bytes=memory_bytes, host_call=self._host_call)
        guest.set_fuel(BUILD_FUEL + COMPILE_FUEL * len(function.code))
        guest.set_world(0, 0)
        return guest


def _packaged_bytes(code: str) -> int:
    return PACKAGED_BYTES * max(len(split_source_map(code)[0]) - USUAL_CODE_BYTES, 0)


def _reason(error: Exception) -> str:
    if not isinstance(error, TrappedError) or error.code is None:
        return str(error)[:MAX_MESSAGE]
    return _REASONS.get(error.code, error.code.name)


def _snapshot(guest: Guest) -> bytes:
    # What the author's code left of its fuel may be too little.
    guest.set_fuel(SNAPSHOT_FUEL)
    return script.snapshot(guest)


class ImageCache:
    """Loaded images by code, the least recently used dropped first. Loads and builds on a thread of its own, so that
    guests go on meanwhile. With `stores` those that were built are stored on disk."""

    def __init__(self, *, builder: ImageBuilder, capacity: int = 256, stores: bool = True) -> None:
        self._builder = builder
        self._stores = stores
        self._capacity = capacity
        self._images: OrderedDict[str, Image] = OrderedDict()
        self._loading: dict[str, asyncio.Future[Image]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="images")

    async def get(self, digest: str, code: str) -> Image:
        """Give the image of the code whose digest is given. Raises CodeFaultError."""
        image = self._images.get(digest)
        if image is None:
            return await self._load(digest, code)
        IMAGES.add(("memory",))
        self._images.move_to_end(digest)
        return image

    async def _load(self, digest: str, code: str) -> Image:
        loading = self._loading.get(digest)
        if loading is None:
            loading = self._loading[digest] = asyncio.ensure_future(self._built(code))
            loading.add_done_callback(lambda done: self._keep(digest, code, done))
        # One caller that goes away must not take the image from the others.
        return await asyncio.shield(loading)

    async def _built(self, code: str) -> Image:
        await self._builder.bases.ready_for(code, self._thread)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._builder.load, code)

    def _keep(self, digest: str, code: str, done: asyncio.Future[Image]) -> None:
        del self._loading[digest]
        if done.cancelled() or done.exception() is not None:
            return
        image = self._images[digest] = done.result()
        IMAGES.add(("disk" if image.is_stored else "built",))
        if self._stores and not image.is_stored:
            # Not before the first event, which waits for this.
            self._thread.submit(self._builder.store, code, image)
        while len(self._images) > self._capacity:
            self._images.popitem(last=False)
