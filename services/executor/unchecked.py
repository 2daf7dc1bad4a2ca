"""The fast guest: the same calls without wasmtime-py's checks and conversions, which take most of a short call's time.

This module alone reaches below wasmtime's public Python API, and only for what an event does; everything else is
inherited. Handles of the function, the memory's address and the glue's cells are looked up once. The memory never moves
(the engine's configuration says so), it only grows, so an address stays good while its store is open, and ranges are
checked against the size at the moment of the copy.

An entry runs on a stack of its own (a wasmtime fiber), from which it comes back after each slice of fuel: the C API has
this, the Python API has not.
"""

# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import Module, Trap, WasmtimeError
from wasmtime import _ffi as ffi

from services.executor.engine import Engine
from services.executor.guest import U32, Guest, HostCall, TrappedError, checked_range

# About 0.2 ms of an interpreter loop; most events need less.
SLICE_FUEL = 2_000_000


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
    """A guest for events: `call` is not for it, all else behaves as `Guest` does."""

    def __init__(self, engine: Engine, image: Module, *, memory_bytes: int, host_call: HostCall) -> None:
        super().__init__(engine, image, memory_bytes=memory_bytes, host_call=host_call)
        self._context = self.store._context()
        self._memory_handle = ctypes.byref(self.memory._memory)
        self._address = ctypes.addressof(self.memory.data_ptr(self.store).contents)
        self._world = _Cells.from_address(self._address + self.cells.clock)
        self._run_function = self._function(b"penstock_run")
        self._malloc_function = self._function(b"wasm_malloc")
        self._arguments = (ffi.wasmtime_val_t * 2)()
        for argument in self._arguments:
            argument.kind = ffi.WASMTIME_I32.value
        self._result = ffi.wasmtime_val_t()
        self._trap = ctypes.POINTER(ffi.wasm_trap_t)()
        self._error = ctypes.POINTER(ffi.wasmtime_error_t)()
        self._future: Any = None
        self._left = ctypes.c_uint64()
        ffi.wasmtime_context_fuel_async_yield_interval(self._context, SLICE_FUEL)

    def _function(self, name: bytes) -> Any:
        found = ffi.wasmtime_extern_t()
        instance = ctypes.byref(self._instance._instance)
        ffi.wasmtime_instance_export_get(self._context, instance, name, len(name), ctypes.byref(found))
        return found.of.func

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

    def begin(self, text: bytes) -> None:
        self._start(self._run_function, self._put(text), len(text))

    def _malloc(self, length: int) -> int:
        self._start(self._malloc_function, length)
        while not self.step():
            pass
        return self._output

    def _start(self, function: Any, *arguments: int) -> None:
        for place, value in zip(self._arguments, arguments, strict=False):
            place.of.i32 = value
        self._future = ffi.wasmtime_func_call_async(
            self._context,
            ctypes.byref(function),
            self._arguments,
            len(arguments),
            ctypes.byref(self._result),
            1,
            ctypes.byref(self._trap),
            ctypes.byref(self._error),
        )

    def step(self) -> bool:
        """Run for a slice of fuel, and tell whether the entry is done. Raises TrappedError."""
        if not ffi.wasmtime_call_future_poll(self._future):
            return False
        self._drop_future()
        if self._error:
            raise TrappedError(None, str(WasmtimeError._from_ptr(self._error)))
        if self._trap:
            trap, self._trap = Trap._from_ptr(self._trap), ctypes.POINTER(ffi.wasm_trap_t)()
            raise TrappedError(trap.trap_code, str(trap))
        self._output = self._result.of.i32 & U32
        return True

    def close(self) -> None:
        self._drop_future()
        super().close()

    def _drop_future(self) -> None:
        if self._future is not None:
            ffi.wasmtime_call_future_delete(self._future)
            self._future = None

    def _output_cells(self) -> tuple[int, int]:
        return self._world.output_bytes, self._world.output_is_error
