"""The fast guest: the same calls without wasmtime-py's checks and conversions, which take most of a short call's time.

This module alone reaches below wasmtime's public Python API, and only for what an event does; everything else is
inherited. Handles of the function, the memory's address and the glue's cells are looked up once. The memory never moves
(the engine's configuration says so), it only grows, so an address stays good while its store is open, and ranges are
checked against the size at the moment of the copy.
"""

# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import ctypes

from wasmtime import Module, Trap, WasmtimeError
from wasmtime import _ffi as ffi

from services.executor.engine import Engine
from services.executor.guest import Guest, HostCall, TrappedError, checked_range


class _Cells(ctypes.LittleEndianStructure):
    _fields_ = (
        ("clock_ns", ctypes.c_int64),
        ("clock_reads", ctypes.c_uint32),
        ("random_reads", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
        ("output_bytes", ctypes.c_uint32),
        ("output_is_error", ctypes.c_uint32),
    )


class UncheckedGuest(Guest):
    """A guest for events; behaves as `Guest` does."""

    def __init__(self, engine: Engine, image: Module, *, memory_bytes: int, host_call: HostCall) -> None:
        super().__init__(engine, image, memory_bytes=memory_bytes, host_call=host_call)
        self._context = self.store._context()
        self._memory_handle = ctypes.byref(self.memory._memory)
        self._address = ctypes.addressof(self.memory.data_ptr(self.store).contents)
        self._world = _Cells.from_address(self._address + self.cells.clock)
        found = ffi.wasmtime_extern_t()
        name = b"penstock_run"
        instance = ctypes.byref(self._instance._instance)
        ffi.wasmtime_instance_export_get(self._context, instance, name, len(name), ctypes.byref(found))
        self._run_function = found.of.func
        self._arguments = (ffi.wasmtime_val_raw_t * 2)()
        self._trap = ctypes.POINTER(ffi.wasm_trap_t)()
        self._left = ctypes.c_uint64()

    def set_fuel(self, fuel: int) -> None:
        ffi.wasmtime_context_set_fuel(self._context, fuel)

    def fuel(self) -> int:
        ffi.wasmtime_context_get_fuel(self._context, ctypes.byref(self._left))
        return self._left.value

    def memory_bytes(self) -> int:
        return ffi.wasmtime_memory_data_size(self._context, self._memory_handle)

    def read(self, pointer: int, length: int) -> bytes:
        start, length = checked_range(pointer, length, self.memory_bytes())
        return ctypes.string_at(self._address + start, length)

    def write(self, pointer: int, data: bytes) -> None:
        start, length = checked_range(pointer, len(data), self.memory_bytes())
        ctypes.memmove(self._address + start, data, length)

    def set_world(self, clock_ns: int, seed: int) -> None:
        self._world.clock_ns = clock_ns
        self._world.seed = seed

    def _run(self, pointer: int, length: int) -> int:
        self._arguments[0].i32 = pointer
        self._arguments[1].i32 = length
        error = ffi.wasmtime_func_call_unchecked(
            self._context, ctypes.byref(self._run_function), self._arguments, 2, ctypes.byref(self._trap)
        )
        if error:
            raise TrappedError(None, str(WasmtimeError._from_ptr(error)))
        if self._trap:
            trap, self._trap = Trap._from_ptr(self._trap), ctypes.POINTER(ffi.wasm_trap_t)()
            raise TrappedError(trap.trap_code, str(trap))
        return self._arguments[0].i32

    def _output_cells(self) -> tuple[int, int]:
        return self._world.output_bytes, self._world.output_is_error
