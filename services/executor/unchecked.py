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
from services.executor.guest import U32, Guest, HostCall, Input, TrappedError, checked_range
from services.executor.written_pages import WrittenPages

# About 0.2 ms of an interpreter loop; most events need less.
SLICE_FUEL = 2_000_000


class _Cells(ctypes.LittleEndianStructure):
    _fields_ = (
        ("clock_ns", ctypes.c_int64),
        ("clock_reads", ctypes.c_uint32),
        ("random_reads", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
        ("output_bytes", ctypes.c_uint32),
        ("output_kind", ctypes.c_uint32),
        ("returned_bytes", ctypes.c_uint32),
    )


class UncheckedGuest(Guest):
    """A guest for events: `call` is not for it, all else behaves as `Guest` does."""

    def __init__(self, engine: Engine, image: Module, *, memory_bytes: int, host_call: HostCall) -> None:
        super().__init__(engine, image, memory_bytes=memory_bytes, host_call=host_call)
        self._context = self.store._context()
        self._memory_handle = ctypes.byref(self.memory._memory)
        self._note_size()
        self._address = ctypes.addressof(self.memory.data_ptr(self.store).contents)
        self._world = _Cells.from_address(self._address + self.cells.clock)
        self._left = ctypes.c_uint64()
        self._left_reference = ctypes.byref(self._left)
        self._arguments = (ffi.wasmtime_val_t * 3)()
        for argument in self._arguments:
            argument.kind = ffi.WASMTIME_I32.value
        self._pointer, self._length, self._control_length = (argument.of for argument in self._arguments)
        self._result = ffi.wasmtime_val_t()
        self._trap = ctypes.POINTER(ffi.wasm_trap_t)()
        self._error = ctypes.POINTER(ffi.wasmtime_error_t)()
        self._call_run = self._prepared(b"penstock_run", 3)
        self._call_malloc = self._prepared(b"wasm_malloc", 1)
        self._future: Any = None
        ffi.wasmtime_context_fuel_async_yield_interval(self._context, SLICE_FUEL)

    def _prepared(self, name: bytes, parameters: int) -> tuple[Any, ...]:
        """Give what `wasmtime_func_call_async` takes to call an export with the first of `_arguments`."""
        found = ffi.wasmtime_extern_t()
        instance = ctypes.byref(self._instance._instance)
        ffi.wasmtime_instance_export_get(self._context, instance, name, len(name), ctypes.byref(found))
        results = ctypes.byref(self._result), 1, ctypes.byref(self._trap), ctypes.byref(self._error)
        return self._context, ctypes.byref(found.of.func), self._arguments, parameters, *results

    def _note_size(self) -> None:
        """The memory grows only while the guest runs."""
        self._memory_bytes = ffi.wasmtime_memory_data_size(self._context, self._memory_handle)

    def set_fuel(self, fuel: int) -> None:
        ffi.wasmtime_context_set_fuel(self._context, fuel)

    def fuel(self) -> int:
        ffi.wasmtime_context_get_fuel(self._context, self._left_reference)
        return self._left.value

    def memory_bytes(self) -> int:
        return self._memory_bytes

    def read(self, pointer: int, length: int) -> bytes:
        start, length = checked_range(pointer, length, self._memory_bytes)
        return ctypes.string_at(self._address + start, length)

    def write(self, pointer: int, data: bytes) -> None:
        start, length = checked_range(pointer, len(data), self._memory_bytes)
        ctypes.memmove(self._address + start, data, length)

    def set_world(self, clock_ns: int, seed: int) -> None:
        self._world.clock_ns = clock_ns
        self._world.seed = seed

    def begin(self, given: Input) -> None:
        self._pointer.i32 = self._put(given)
        self._length.i32 = len(given.value)
        self._control_length.i32 = len(given.control)
        self._future = ffi.wasmtime_func_call_async(*self._call_run)

    def _malloc(self, length: int) -> int:
        self._pointer.i32 = length
        self._future = ffi.wasmtime_func_call_async(*self._call_malloc)
        while not self.step():
            pass
        return self._output

    def step(self) -> bool:
        """Run for a slice of fuel, and tell whether the entry is done. Raises TrappedError."""
        if not ffi.wasmtime_call_future_poll(self._future):
            return False
        self._drop_future()
        self._note_size()
        if self._error:
            raise TrappedError(None, str(WasmtimeError._from_ptr(self._error)))
        if self._trap:
            trap = Trap._from_ptr(self._trap)
            raise TrappedError(trap.trap_code, str(trap))
        self._output = self._result.of.i32 & U32
        return True

    def _on_host_call(self, text: int, length: int, into: int, room: int) -> int:
        self._note_size()
        return super()._on_host_call(text, length, into, room)

    def restore(self, untouched: UncheckedGuest, written: WrittenPages) -> bool:
        """Make the memory again what it was before the first entry, as in a guest of the same image that was never
        entered; False where it has grown.

        Copying the pages that were written takes a tenth of the time that the kernel needs to give a new guest its own.
        Memory is all that a guest has: its stack pointer is back where it was whenever an entry is done.
        """
        if self._memory_bytes != untouched._memory_bytes:
            return False
        for offset, length in written.runs(self._address, self._memory_bytes):
            ctypes.memmove(self._address + offset, untouched._address + offset, length)
        return True

    def close(self) -> None:
        self._drop_future()
        super().close()

    def _drop_future(self) -> None:
        if self._future is not None:
            ffi.wasmtime_call_future_delete(self._future)
            self._future = None

    def _output_cells(self) -> tuple[int, int, int]:
        return self._world.output_bytes, self._world.output_kind, self._world.returned_bytes
