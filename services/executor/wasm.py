"""The little of the WebAssembly binary format that splitting an engine from its memory needs.

A function's image is a module that holds nothing but a memory. The engine's code therefore lives in a module of its
own that imports its memory: it is compiled once, whatever the number of functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

HEADER = b"\0asm\x01\0\0\0"
WASM_PAGE_BYTES = 65536
IMPORT, MEMORY, EXPORT, DATA, DATA_COUNT = 2, 5, 7, 11, 12
# Runs of zeros shorter than a page of the machine cost more as segments than as bytes.
RUN_BYTES = 4096


class MalformedModuleError(ValueError):
    """The bytes are not a module of the form that the engine's build makes."""


def encode_unsigned(value: int) -> bytes:
    """Encodes a number as unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_signed(value: int) -> bytes:
    """Encodes a number as signed LEB128."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def decode_unsigned(data: bytes, at: int) -> tuple[int, int]:
    """Gives the number that starts at `at`, and where the next byte is."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise MalformedModuleError("number cut short or too long")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """Gives id and body of each section in order."""
    if module[:8] != HEADER:
        raise MalformedModuleError("not a WebAssembly module")
    at = 8
    while at < len(module):
        size, start = decode_unsigned(module, at + 1)
        if start + size > len(module):
            raise MalformedModuleError("section cut short")
        yield module[at], module[start : start + size]
        at = start + size


def section(kind: int, body: bytes) -> bytes:
    """Encodes one section."""
    return bytes([kind]) + encode_unsigned(len(body)) + body


def _name(text: str) -> bytes:
    return encode_unsigned(len(text)) + text.encode()


def _memory_pages(module: bytes) -> int:
    for kind, body in sections(module):
        if kind == MEMORY:
            _count, at = decode_unsigned(body, 0)
            return decode_unsigned(body, at + 1)[0]
    raise MalformedModuleError("the module has no memory")


def code_module(engine: bytes) -> bytes:
    """Gives the engine with its memory imported as its last import, `image.memory`, and without data."""
    memory_import = _name("image") + _name("memory") + b"\x02\x00" + encode_unsigned(_memory_pages(engine))
    out = bytearray(HEADER)
    for kind, body in sections(engine):
        if kind in (MEMORY, DATA, DATA_COUNT):
            continue
        if kind == IMPORT:
            count, at = decode_unsigned(body, 0)
            body = encode_unsigned(count + 1) + body[at:] + memory_import  # noqa: PLW2901
        out += section(kind, body)
    return bytes(out)


def _memory_module(pages: int, data: Sequence[bytes | memoryview]) -> bytes:
    """Gives a module of one memory and the parts of a data section: megabytes, so they are copied once."""
    memory = section(MEMORY, b"\x01\x00" + encode_unsigned(pages))
    export = section(EXPORT, b"\x01" + _name("memory") + b"\x02\x00")
    return b"".join([HEADER, memory, export, bytes([DATA]), encode_unsigned(sum(map(len, data))), *data])


def blank_image(engine: bytes) -> bytes:
    """Gives a module of the engine's memory as it is before anything ran."""
    data = next((body for kind, body in sections(engine) if kind == DATA), b"\x00")
    return _memory_module(_memory_pages(engine), [data])


def _non_zero_runs(memory: bytes) -> Iterator[tuple[int, int]]:
    zero = bytes(RUN_BYTES)
    start = None
    for at in range(0, len(memory), RUN_BYTES):
        is_zero = memory[at : at + RUN_BYTES] == zero[: len(memory) - at]
        if not is_zero and start is None:
            start = at
        elif is_zero and start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(memory)


def image_module(memory: bytes, *, at: int = 0) -> bytes:
    """Gives a module of one memory, `memory`, that starts out as the given bytes from `at` on, and zero before.

    Raises MalformedModuleError for what is no whole number of Wasm pages.
    """
    if (at + len(memory)) % WASM_PAGE_BYTES:
        raise MalformedModuleError("a memory is a whole number of pages")
    view, runs = memoryview(memory), list(_non_zero_runs(memory))
    data: list[bytes | memoryview] = [encode_unsigned(len(runs))]
    for start, end in runs:
        data += [b"\x00\x41" + encode_signed(at + start) + b"\x0b" + encode_unsigned(end - start), view[start:end]]
    return _memory_module((at + len(memory)) // WASM_PAGE_BYTES, data)
