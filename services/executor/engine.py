"""The engine: QuickJS in WebAssembly, compiled once per version and machine, shared by every sandbox of the process."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import cast

from wasmtime import Config, Func, FuncType, Global, Instance, Memory, Module, Store, ValType
from wasmtime import Engine as WasmtimeEngine
from wasmtime import _ffi as ffi

from services.executor.image_directory import ImageDirectory
from services.executor.wasm import blank_image, code_module

# More aborts the process; with the engine's own stack of 512 KiB deep recursion is a RangeError and no trap.
WASM_STACK_BYTES = 2 * 1024 * 1024
# Host functions run above the guest on the same stack.
FIBER_STACK_BYTES = 4 * 1024 * 1024
# What the host reads and writes of them.
CELLS_BYTES = 36


@dataclass(frozen=True, slots=True)
class Cells:
    """Addresses of the glue's cells and buffer; `engine/glue.wat` draws the table."""

    clock: int
    buffer: int
    buffer_bytes: int
    output: int

    @property
    def fresh_reads(self) -> int:
        """How often clock and native random bytes were asked for: two u32."""
        return self.clock + 8

    @property
    def output_bytes(self) -> int:
        """Length of the last output, what it is, and the length of what the handler returned: three u32."""
        return self.clock + 24


def _configuration() -> Config:
    config = Config()
    config.consume_fuel = True
    config.max_wasm_stack = WASM_STACK_BYTES
    ffi.wasmtime_config_async_stack_size_set(config.ptr(), FIBER_STACK_BYTES)
    config.memory_init_cow = True
    # Addresses of a guest's memory are kept between calls.
    config.memory_may_move = False
    return config


class Engine:
    """Compiled engine code, and what identifies it.

    `fingerprint` changes with everything that makes a compiled image useless: the engine's bytes, wasmtime, the
    machine, our configuration and the form of images.
    """

    def __init__(self, *, wasm: bytes, directory: ImageDirectory) -> None:
        self.wasmtime = WasmtimeEngine(_configuration())
        form = f"penstock-2|{version('wasmtime')}|{platform.machine()}|{platform.system()}|{WASM_STACK_BYTES}|cow|fuel"
        self.fingerprint = hashlib.sha256(wasm + form.encode()).hexdigest()
        self.code = self._compiled(f"code-{self.fingerprint}", directory, lambda: code_module(wasm))
        self.blank = self._compiled(f"blank-{self.fingerprint}", directory, lambda: blank_image(wasm))
        self._host_type = FuncType([ValType.i32()] * 4, [ValType.i32()])
        self.cells = self._read_cells()

    def instantiate(self, store: Store, image: Module, host: Callable[..., int]) -> tuple[Instance, Memory]:
        """Give a new instance over a new copy of the image's memory."""
        memory = cast("Memory", Instance(store, image, []).exports(store)["memory"])
        return Instance(store, self.code, [Func(store, self._host_type, host), memory]), memory

    def _compiled(self, key: str, directory: ImageDirectory, source: Callable[[], bytes]) -> Module:
        module = directory.load(key, self.wasmtime)
        if module is None:
            module = Module(self.wasmtime, source())
            directory.save(key, module)
        return module

    def _read_cells(self) -> Cells:
        store = Store(self.wasmtime)
        store.set_fuel(10_000_000)
        instance, memory = self.instantiate(store, self.blank, lambda *_: 0)
        exports = instance.exports(store)
        values = [exports[f"penstock_{name}"] for name in ("cells", "buffer", "buffer_bytes", "output")]
        cells = Cells(*(value.value(store) for value in values if isinstance(value, Global)))
        memory_bytes = memory.data_len(store)
        store.close()
        # Every guest's memory is as large at least, so that these addresses need no more checks.
        ranges = ((cells.clock, CELLS_BYTES), (cells.buffer, cells.buffer_bytes), (cells.output, 0))
        if any(start < 0 or length < 0 or start + length > memory_bytes for start, length in ranges):
            raise ValueError("the engine's cells are outside of its memory")
        return cells
