"""Images that those of functions are made on: the prelude alone, or with a set of libraries on top.

A set is evaluated once per installation, which can take seconds, so it is done on a thread of its own: functions that
need other sets, or none, are built meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from wasmtime import MemoryType, Module

from services.executor import script
from services.executor.engine import Engine
from services.executor.guest import Guest, GuestFaultError, HostCall
from services.executor.image_directory import ImageDirectory
from services.executor.libraries import Libraries
from services.executor.source_map import own_text
from services.executor.wasm import WASM_PAGE_BYTES, image_module

PRELUDE_FILE = "penstock:prelude"
# What the prelude leaves for `penstock_bind`, in its order.
PRELUDE_VALUES = ("define", "enter", "leave", "rejected", "object", "array")
# Nothing of what our own scripts do at their top level may be seen as an author's doing, nor hide it: what has drawn
# random numbers would go on with them, and the author's would be the same in all sandboxes.
_SEAL = """(() => {
  const name = Symbol.for('penstock.internals');
  const { reset, takeFresh, takeOutbox } = globalThis[name];
  delete globalThis[name];
  delete globalThis.__penstock;
  reset();
  takeFresh();
  takeOutbox();
})()"""
FUEL = 10**13
MEMORY_BYTES = 1024 * 1024 * 1024
# What a new sandbox may allocate before it first collects garbage.
GC_THRESHOLD_BYTES = 8 * 1024 * 1024
# Sets held; their memory is mapped from files and can be taken back.
CAPACITY = 64


@dataclass(frozen=True, slots=True)
class BaseImage:
    """An image before any author's code. `library_bytes` is what its libraries have made its memory larger."""

    module: Module
    library_bytes: int


class BaseImages:
    """Makes base images and keeps them on disk. That without libraries is made first."""

    def __init__(
        self, *, engine: Engine, prelude: str, libraries: Libraries, directory: ImageDirectory, host_call: HostCall
    ) -> None:
        self._engine = engine
        self._prelude = prelude
        self._libraries = libraries
        self._directory = directory
        self._host_call = host_call
        self._fingerprint = hashlib.sha256(engine.fingerprint.encode() + prelude.encode() + _SEAL.encode()).hexdigest()
        self._bare = self._loaded(())
        self._sets: OrderedDict[tuple[str, ...], Future[BaseImage]] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="libraries")

    def named_in(self, code: str) -> tuple[str, ...]:
        """Give the set of libraries that the code names."""
        return self._libraries.of(own_text(code))

    def key(self, names: tuple[str, ...]) -> str:
        """Give what identifies the image with these libraries under this engine and prelude."""
        if not names:
            return self._fingerprint
        return hashlib.sha256(f"{self._fingerprint}\0{self._libraries.digest(names)}".encode()).hexdigest()

    def get(self, names: tuple[str, ...]) -> BaseImage:
        """Give the image with these libraries, waiting for it where it has to be made."""
        return self.prepared(names).result() if names else self._bare

    def prepared(self, names: tuple[str, ...]) -> Future[BaseImage]:
        """Give the image with these libraries once it is made. A future that fails is not kept."""
        with self._lock:
            found = self._sets.get(names)
            if found is None or (found.done() and found.exception() is not None):
                found = self._sets[names] = self._thread.submit(self._loaded, names)
            self._sets.move_to_end(names)
            while len(self._sets) > CAPACITY:
                self._sets.popitem(last=False)
            return found

    async def ready_for(self, code: str, thread: Executor) -> None:
        """Wait until the image with the libraries that the code names is made.

        `thread` looks at the code, and is free while they are evaluated: what others do there is not held up.
        """
        names = await asyncio.get_running_loop().run_in_executor(thread, self.named_in, code)
        if names:
            # One caller that goes away must not take the image from the others.
            await asyncio.shield(asyncio.wrap_future(self.prepared(names)))

    def _loaded(self, names: tuple[str, ...]) -> BaseImage:
        key = f"base-{self.key(names)}"
        module = self._directory.load(key, self._engine.wasmtime)
        if module is None:
            module = Module(self._engine.wasmtime, image_module(self._memory(names), at=script.STACK_TOP))
            self._directory.save(key, module)
            # From here on its memory is the file's, which can be taken back.
            module = self._directory.load(key, self._engine.wasmtime) or module
        return BaseImage(module, _memory_bytes(module) - _memory_bytes(self._bare.module) if names else 0)

    def _memory(self, names: tuple[str, ...]) -> bytes:
        guest = self._booted()
        try:
            self._evaluate_prelude(guest)
            bare_bytes = guest.memory_bytes()
            guest.call("qjs_set_gc_threshold", MEMORY_BYTES)
            for name in names:
                source, file = self._libraries.source(name), f"penstock:{name}"
                script.evaluate_bytecode(guest, self._bytecode(source, file, self._libraries.digest_of(name)))
            script.evaluate(guest, _SEAL, PRELUDE_FILE)
            guest.call("qjs_run_gc")
            guest.call("qjs_set_gc_threshold", GC_THRESHOLD_BYTES + guest.memory_bytes() - bare_bytes)
            return script.snapshot(guest)
        finally:
            guest.close()

    def _evaluate_prelude(self, guest: Guest) -> None:
        digest = hashlib.sha256(self._prelude.encode()).hexdigest()
        script.define_host_function(guest, "__penstock_host")
        script.define_host_function(guest, "__penstock_write")
        script.evaluate_bytecode(guest, self._bytecode(self._prelude, PRELUDE_FILE, digest))
        module = script.property_of(guest, guest.call("qjs_get_global"), "__penstock")
        guest.call("penstock_bind", *(script.property_of(guest, module, name) for name in PRELUDE_VALUES))

    def _bytecode(self, source: str, file_name: str, digest: str) -> bytes:
        """Give a script compiled: without the source text an image is half as large."""
        key = f"bytecode-{hashlib.sha256(f'{self._engine.fingerprint}{digest}{file_name}'.encode()).hexdigest()}"
        bytecode = self._directory.load_bytes(key)
        if bytecode is None:
            compiler = self._booted()
            try:
                bytecode = script.compile_script(compiler, source, file_name)
            finally:
                compiler.close()
            self._directory.save_bytes(key, bytecode)
        return bytecode

    def _booted(self) -> Guest:
        guest = Guest(self._engine, self._engine.blank, memory_bytes=MEMORY_BYTES, host_call=self._host_call)
        guest.set_fuel(FUEL)
        guest.set_world(0, 0)
        if guest.call("penstock_boot") != 0:
            raise GuestFaultError("the engine did not start")
        return guest


def _memory_bytes(image: Module) -> int:
    return cast("MemoryType", image.exports[0].type).limits.min * WASM_PAGE_BYTES
