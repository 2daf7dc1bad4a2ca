"""One instance of the engine over one memory, called through wasmtime's public API.

This is the reference: slow and plain. `unchecked.py` does the same faster, and the tests hold the two together.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from wasmtime import Func, Module, Store, Trap, TrapCode, WasmtimeError

from services.executor.engine import Engine

U32 = 0xFFFFFFFF
# What the output of an entry is, as the glue tells it.
REPORT, EXCEPTION, NOTHING = range(3)
START_FUEL = 10_000_000
# What leaving the guest and coming back costs: 2.3e9 units of fuel stand for 0.25 s, so these are for some 20 us.
CALL_FUEL = 200_000

# A synchronous host function: request and answer are JSON texts, with the fuel that it costs beyond the call itself.
HostCall = Callable[[bytes], tuple[bytes, int]]


class GuestFaultError(Exception):
    """The guest did what no guest should: a pointer out of its memory, no output, a result of the wrong form."""


class OutputTooLongError(GuestFaultError):
    """The guest has more to say than it may."""


class TrappedError(Exception):
    """The guest was ended by the machine; never enter it again."""

    def __init__(self, code: TrapCode | None, message: str) -> None:
        super().__init__(message)
        self.code = code


class GuestError(Exception):
    """JavaScript threw while the host called it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(slots=True)
class Input:
    """What an entry begins with: a value as UTF-8 JSON, and the prelude's `control`."""

    value: bytes
    control: bytes


@dataclass(slots=True)
class Output:
    """What an entry came to: the prelude's report, empty when there is nothing to report, and what the handler returned
    where that is not part of the report."""

    report: bytes
    returned: bytes


def checked_range(pointer: int, length: int, memory_bytes: int) -> tuple[int, int]:
    """Give pointer and length as unsigned numbers if they lie in a memory of this size now.

    Every number that a guest names as an address goes through here before any copy.
    """
    pointer, length = pointer & U32, length & U32
    if pointer + length > memory_bytes:
        raise GuestFaultError(f"the guest named {length} bytes at {pointer} of its {memory_bytes}")
    return pointer, length


def _trapped(error: Trap | WasmtimeError) -> TrappedError:
    return TrappedError(error.trap_code if isinstance(error, Trap) else None, str(error))


class Guest:
    """An instance of the engine over an image; belongs to one store, is entered by one caller at a time.

    Making one raises TrappedError where the image does not fit into the memory that it may have.
    """

    def __init__(self, engine: Engine, image: Module, *, memory_bytes: int, host_call: HostCall) -> None:
        self._host_call = host_call
        self._answer = b""
        self.store = Store(engine.wasmtime)
        self.store.set_limits(memory_size=memory_bytes)
        # An image without static data, the engine's own, is filled by code.
        self.store.set_fuel(START_FUEL)
        try:
            self._instance, self.memory = engine.instantiate(self.store, image, self._on_host_call)
        except (Trap, WasmtimeError) as error:
            self.store.close()
            raise _trapped(error) from None
        self.cells = engine.cells
        self._entry = (0, 0, 0)
        self._output = 0

    # --- what `unchecked.py` does faster ---------------------------------------------------------------------------
    def set_fuel(self, fuel: int) -> None:
        self.store.set_fuel(fuel)

    def fuel(self) -> int:
        """Give the fuel that is left."""
        return self.store.get_fuel()

    def memory_bytes(self) -> int:
        """Give the size of the memory now."""
        return self.memory.data_len(self.store)

    def read(self, pointer: int, length: int) -> bytes:
        """Copy from the guest's memory; raises GuestFaultError for a range outside of it."""
        start, length = checked_range(pointer, length, self.memory_bytes())
        # `Memory.read` copies once more.
        return bytes(cast("Any", self.memory).get_buffer_ptr(self.store, length, start))

    def write(self, pointer: int, data: bytes) -> None:
        """Copy into the guest's memory; raises GuestFaultError for a range outside of it."""
        start, _length = checked_range(pointer, len(data), self.memory_bytes())
        if data:
            self.memory.write(self.store, data, start)

    def set_world(self, clock_ns: int, seed: int) -> None:
        """Set what the guest's clock says and where its native random bytes start."""
        self.write(self.cells.clock, struct.pack("<qiiQ", clock_ns, 0, 0, seed))

    def step(self) -> bool:
        """Run what `begin` has begun, and tell whether it is done; here it always is. Raises TrappedError."""
        self._output = self.call("penstock_run", *self._entry) & U32
        return True

    def _malloc(self, length: int) -> int:
        return self.call("wasm_malloc", length)

    def _output_cells(self) -> tuple[int, int, int]:
        length, kind, returned = struct.unpack("<III", self.read(self.cells.output_bytes, 12))
        return length, kind, returned

    # --- the same for both -------------------------------------------------------------------------------------------
    def call(self, name: str, *arguments: float) -> Any:
        """Call an export. Raises TrappedError."""
        function = cast("Func", self._instance.exports(self.store)[name])
        try:
            return function(self.store, *arguments)
        except (Trap, WasmtimeError) as error:
            raise _trapped(error) from None

    def enter(self, given: Input, *, max_output_bytes: int) -> Output:
        """Run the prelude's `enter` and all jobs that are ready; give what its `leave` says.

        Raises TrappedError, GuestError for what neither should throw, OutputTooLongError, and GuestFaultError for an
        output that is missing.
        """
        self.begin(given)
        while not self.step():
            pass
        return self.output(max_output_bytes)

    def begin(self, given: Input) -> None:
        """Begin an entry: `step` until it is done, then take the `output`. Raises TrappedError and GuestError."""
        self._entry = (self._put(given), len(given.value), len(given.control))

    def output(self, max_bytes: int) -> Output:
        """Give the output of the entry that is done. Raises what `enter` raises but TrappedError."""
        length, kind, returned = self._output_cells()
        if length + returned > max_bytes:
            raise OutputTooLongError(f"The function returned, sent and logged more than {max_bytes:,} bytes.")
        written = self.read(self.cells.output, returned) if returned else b""
        if kind == NOTHING:
            return Output(b"", written)
        if self._output == 0:
            raise GuestFaultError("the guest's output is missing")
        report = self.read(self._output, length)
        if kind == EXCEPTION:
            raise GuestError(report.decode(errors="replace"))
        return Output(report, written)

    def _put(self, given: Input) -> int:
        data = b"%b\0%b" % (given.value, given.control)
        if len(data) <= self.cells.buffer_bytes:
            pointer = self.cells.buffer
        else:
            pointer = self._malloc(len(data)) & U32
            if pointer == 0:
                raise GuestError("InternalError: out of memory")
        self.write(pointer, data)
        return pointer

    def _on_host_call(self, text: int, length: int, into: int, room: int) -> int:
        # wasmtime keeps what a callback raises in one variable for the whole process: nothing may leave this function.
        try:
            self._pay(CALL_FUEL)
            if text != 0:
                self._answer, cost = self._host_call(self.read(text, length))
                self._pay(cost)
            if len(self._answer) <= room & U32:
                self.write(into, self._answer)
            return len(self._answer)
        except BaseException:  # noqa: BLE001
            return 0

    def _pay(self, fuel: int) -> None:
        self.set_fuel(max(self.fuel() - fuel, 0))

    def close(self) -> None:
        """Free the memory now; the callback keeps the store alive otherwise."""
        self.store.close()
