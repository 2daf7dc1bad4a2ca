"""A sandbox: one guest over one function's image, for one instance of one tenant, one event at a time."""

from __future__ import annotations

from wasmtime import TrapCode

from services.executor.guest import GuestError, GuestFaultError, Input, OutputTooLongError, TrappedError
from services.executor.host_functions import Call, answer_host_call, call_host_function
from services.executor.image import Image
from services.executor.results import ErrorKind, FunctionError, Limits
from services.executor.turns import Turns
from services.executor.unchecked import UncheckedGuest
from services.executor.wire import Step, read_step

# A trap this near to the memory limit is taken for its consequence: the engine's C++ parts abort without memory.
NEAR_LIMIT_BYTES = 1024 * 1024


class EndedError(Exception):
    """The sandbox was ended; `error` is what the event's author is told."""

    def __init__(self, error: FunctionError) -> None:
        super().__init__(error.message)
        self.error = error


class Sandbox:
    """Runs events one after the other until it has to end.

    Making one raises EndedError where its image does not fit into its memory. `events` counts those begun, `waited_s`
    is what the event at hand has waited for its turns. After `EndedError` or `end()` it must not be entered again.
    """

    def __init__(
        self,
        *,
        image: Image,
        limits: Limits,
        turns: Turns,
        workspace: str = "",
    ) -> None:
        self._limits = limits
        self._call: Call = call_host_function
        self._turns = turns
        self._workspace = workspace
        self._image = image
        try:
            self._guest = UncheckedGuest(
                image.engine,
                image.module,
                memory_bytes=limits.memory_bytes + image.library_bytes,
                host_call=self._on_host_call,
            )
        except TrappedError:
            message = f"The function's code alone takes more than {limits.memory_bytes:,} bytes."
            raise EndedError(FunctionError(ErrorKind.OUT_OF_MEMORY, "OutOfMemory", message)) from None
        self.events = 0
        self.waited_s = 0.0
        self.ended = False

    @property
    def reusable(self) -> bool:
        """Whether another event may run here."""
        return (
            not self.ended
            and self.events < self._limits.retire_events
            and self._own_bytes <= self._limits.retire_memory_bytes
        )

    @property
    def memory_bytes(self) -> int:
        return self._guest.memory_bytes()

    @property
    def _own_bytes(self) -> int:
        """The memory without the libraries in it, which all sandboxes of an image share: what the limits are of."""
        return self.memory_bytes - self._image.library_bytes

    @property
    def is_full(self) -> bool:
        """Whether the memory has grown as far as it may."""
        return self._own_bytes > self._limits.memory_bytes - NEAR_LIMIT_BYTES

    @property
    def fuel_used(self) -> int:
        """Fuel used since the event began."""
        return self._limits.fuel - self._guest.fuel()

    def restart(self) -> bool:
        """Go back to the image, as if no event had been here; False if that cannot be."""
        self.events = 0
        return not self.ended and self._image.restore(self._guest)

    def begin(self, call: Call) -> None:
        """Give the next event its fuel, and what answers its host functions."""
        self._call = call
        self.events += 1
        self.waited_s = 0.0
        self._guest.set_fuel(self._limits.fuel)

    async def enter(self, given: Input, *, now_ns: int, seed: bytes) -> Step:
        """Run the guest until nothing in it is ready. Raises EndedError."""
        self._guest.set_world(now_ns, int.from_bytes(seed[:8], "little"))
        try:
            self._guest.begin(given)
            self.waited_s += await self._turns.run(self._workspace, self._guest.step)
            return read_step(self._guest.output(self._limits.output_bytes))
        except TrappedError as trap:
            error = self._of_trap(trap)
        except GuestError as thrown:
            error = _of_thrown(thrown)
        except OutputTooLongError as too_long:
            error = FunctionError(ErrorKind.BAD_REQUEST, "RangeError", str(too_long))
        except GuestFaultError as fault:
            error = FunctionError(self._fault_kind(), "SandboxFault", str(fault))
        self.ended = True
        raise EndedError(error)

    def end(self) -> None:
        """Free the memory."""
        self.ended = True
        self._guest.close()

    def _fault_kind(self) -> ErrorKind:
        return ErrorKind.OUT_OF_MEMORY if self.is_full else ErrorKind.SANDBOX_FAULT

    def _of_trap(self, trap: TrappedError) -> FunctionError:
        if trap.code is TrapCode.OUT_OF_FUEL and self._own_bytes > self._limits.retire_memory_bytes:
            # It spent its fuel on growing: what the author must look for is what it keeps.
            grown = f"The function's memory grew to {self.memory_bytes:,} bytes, which took all of its fuel."
            return FunctionError(ErrorKind.OUT_OF_MEMORY, "OutOfMemory", grown)
        if trap.code is TrapCode.OUT_OF_FUEL:
            message = f"The function used more than {self._limits.fuel:,} units of fuel for one event."
            return FunctionError(ErrorKind.OUT_OF_FUEL, "OutOfFuel", message)
        if trap.code is TrapCode.STACK_OVERFLOW:
            # Most recursion is caught by the engine, which throws this; parsers may be nested too deep for it.
            return FunctionError(ErrorKind.BAD_REQUEST, "RangeError", "Maximum call stack size exceeded")
        kind = self._fault_kind()
        if kind is ErrorKind.OUT_OF_MEMORY:
            return FunctionError(
                kind, "OutOfMemory", f"The function used more than {self._limits.memory_bytes:,} bytes."
            )
        return FunctionError(kind, "SandboxFault", f"The sandbox stopped: {trap.code.name if trap.code else trap}")

    def _on_host_call(self, request: bytes) -> tuple[bytes, int]:
        return answer_host_call(request, self._call, self._guest.fuel())


def _of_thrown(thrown: GuestError) -> FunctionError:
    name, _colon, message = thrown.text.partition(": ")
    if is_out_of_memory(name, message):
        return FunctionError(ErrorKind.OUT_OF_MEMORY, "OutOfMemory", message)
    if name == "SyntaxError":
        return FunctionError(ErrorKind.BAD_REQUEST, name, f"The event is not JSON: {message}")
    return FunctionError(ErrorKind.SANDBOX_FAULT, name, message)


def is_out_of_memory(name: str, message: str, *, is_full: bool = False) -> bool:
    """Tell the errors that JavaScript code gets when no memory is left, or no memory could hold what it makes."""
    if name == "InternalError":
        return message.startswith(("out of memory", "string too long"))
    # Without memory for the error itself the engine throws null, or nothing.
    return name == "Error" and (message == "[uninitialized]" or (message == "null" and is_full))
