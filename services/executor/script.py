"""Evaluating scripts in a guest through the engine's own functions: for building images, where speed matters less."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from services.executor.guest import Guest, GuestFaultError

STRIP_SOURCE = 1 << 4
STACK_TOP = 1024 * 1024


class ScriptError(Exception):
    """A script threw; `name`, `message` and `stack` are the error's own."""

    def __init__(self, name: str, message: str, stack: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.stack = stack


@contextmanager
def _bytes_in(guest: Guest, data: bytes) -> Generator[int]:
    pointer = guest.call("wasm_malloc", len(data))
    if pointer == 0:
        raise GuestFaultError("the guest has no memory left")
    guest.write(pointer, data)
    yield pointer
    guest.call("wasm_free", pointer)


def new_string(guest: Guest, text: str) -> int:
    """Give a handle of a new string."""
    data = text.encode(errors="surrogatepass")
    with _bytes_in(guest, data + b"\0") as pointer:
        return guest.call("qjs_new_string", pointer, len(data))


def text_of(guest: Guest, handle: int) -> str:
    """Give what `String(value)` says."""
    pointer = guest.call("qjs_get_string", handle)
    if pointer == 0:
        return ""
    text = guest.read(pointer, guest.call("strlen", pointer)).decode(errors="replace")
    guest.call("qjs_free_cstring", pointer)
    return text


def property_of(guest: Guest, handle: int, name: str) -> int:
    """Give a handle of a property's value."""
    with _bytes_in(guest, name.encode() + b"\0") as pointer:
        return guest.call("qjs_get_prop_string", handle, pointer)


def set_property(guest: Guest, handle: int, name: str, value: int | str) -> None:
    """Set a property to a handle's value or a text."""
    value_handle = new_string(guest, value) if isinstance(value, str) else value
    with _bytes_in(guest, name.encode() + b"\0") as pointer:
        guest.call("qjs_set_prop_string", handle, pointer, value_handle)
    if isinstance(value, str):
        guest.call("qjs_free_value", value_handle)


def checked(guest: Guest, handle: int) -> int:
    """Give the handle back, or raise what it tells of."""
    if not guest.call("qjs_is_exception", handle):
        return handle
    error = guest.call("qjs_get_exception")
    raise ScriptError(*(text_of(guest, property_of(guest, error, name)) for name in ("name", "message", "stack")))


def evaluate(guest: Guest, source: str, file_name: str) -> int:
    """Evaluate a script, give a handle of its value. Raises ScriptError."""
    data = source.encode(errors="surrogatepass")
    with _bytes_in(guest, data + b"\0") as code, _bytes_in(guest, file_name.encode() + b"\0") as name:
        return checked(guest, guest.call("qjs_eval", code, len(data), name, 0))


def compile_script(guest: Guest, source: str, file_name: str) -> bytes:
    """Give a script's bytecode without its source text."""
    data = source.encode()
    with (
        _bytes_in(guest, data + b"\0") as code,
        _bytes_in(guest, file_name.encode() + b"\0") as name,
        _bytes_in(guest, bytes(4)) as length,
    ):
        bytecode = guest.call("qjs_compile", code, len(data), name, 0, STRIP_SOURCE, length)
        if bytecode == 0:
            checked(guest, guest.call("qjs_get_exception"))
        return guest.read(bytecode, int.from_bytes(guest.read(length, 4), "little"))


def evaluate_bytecode(guest: Guest, bytecode: bytes) -> None:
    """Run what `compile_script` gave. Raises ScriptError."""
    with _bytes_in(guest, bytecode) as pointer:
        checked(guest, guest.call("qjs_eval_bytecode", pointer, len(bytecode)))


def define_host_function(guest: Guest, name: str) -> None:
    """Set a global function that calls the host with its first argument."""
    with _bytes_in(guest, name.encode() + b"\0") as pointer:
        function = guest.call("qjs_new_host_function", pointer, len(name), 1)
        guest.call("qjs_set_prop_string", guest.call("qjs_get_global"), pointer, function)


def snapshot(guest: Guest) -> bytes:
    """Give the memory behind the stack, cleared of what no image may keep; at rest nothing on the stack is in use."""
    guest.call("penstock_clean")
    return guest.read(STACK_TOP, guest.memory_bytes() - STACK_TOP)
