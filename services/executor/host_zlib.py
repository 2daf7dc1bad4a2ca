"""Compression for guests: deflate in its three wrappings, and brotli.

Sizes are bounded on both sides, so that a small input cannot fill the memory. A call's time depends on the data; where
the worst data of a size would take too long, a lower level is used than the one asked for, and the result is larger.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left
from typing import Protocol, cast

import brotli

from services.executor.host_arguments import Arguments, base64_of, choice_of, data_of, size_of, whole_of
from services.executor.host_prices import FUEL_PER_MICROSECOND, Priced

MAX_COMPRESSED_BYTES = 8 * 1024 * 1024
MAX_PLAIN_BYTES = 8 * 1024 * 1024
# What is compressed leaves the sandbox, which sends no more at a time.
MAX_INPUT_BYTES = 4 * 1024 * 1024
MAX_DICTIONARY_BYTES = 32 * 1024
MAX_MEMBERS = 100
LONGEST_NS = 100_000_000
# Of each byte that comes out: inflating and encoding it, in units of three nanoseconds.
OUTPUT_UNITS = 4

# What a byte costs by level, and takes with the worst data, in nanoseconds.
_DEFLATE_NS = (12, 25, 30, 35, 45, 50, 60, 80, 150, 250)
_DEFLATE_WORST_NS = (15, 30, 32, 36, 45, 60, 260, 450, 1_600, 3_800)
_BROTLI_NS = (15, 15, 20, 20, 25, 35, 35, 50, 60, 100, 700, 1_200)
_BROTLI_WORST_NS = (25, 25, 30, 30, 35, 45, 50, 80, 110, 180, 1_000, 2_200)
_USUAL_DEFLATE_LEVEL = 6

_WRAPPINGS = {"gzip": 16, "deflate": 0, "deflateRaw": None}
_UNWRAPPINGS = {"gunzip": 16, "inflate": 0, "inflateRaw": None}
_GZIP_MAGIC = b"\x1f\x8b"
_NEED_DICTIONARY = 2
_ZLIB_CODES = {-2: "Z_STREAM_ERROR", -3: "Z_DATA_ERROR", -4: "Z_MEM_ERROR", -5: "Z_BUF_ERROR"}
_ZLIB_ERROR = re.compile(r"Error (-?\d+) while [^:]*(?:: (.*))?")
_BROTLI_ERROR = cast("type[Exception]", brotli.error)  # pyright: ignore[reportUnknownMemberType] untyped
_CUT = "Z_BUF_ERROR unexpected end of file"


class _BrotliDecompressor(Protocol):
    def process(self, data: bytes, *, output_buffer_limit: int) -> bytes: ...
    def can_accept_more_data(self) -> bool: ...
    def is_finished(self) -> bool: ...


def _level(arguments: Arguments) -> int:
    """Give the level at which the data is compressed: the one asked for, or the highest that is quick enough."""
    is_brotli = arguments.get("format") == "brotli"
    worst = _BROTLI_WORST_NS if is_brotli else _DEFLATE_WORST_NS
    asked = whole_of(arguments, "level", 0 if is_brotli else -1, len(worst) - 1)
    wanted = _USUAL_DEFLATE_LEVEL if asked < 0 else asked
    quick = bisect_left(worst, LONGEST_NS // max(size_of(arguments, "data_base64"), 1)) - 1
    return max(min(wanted, quick), min(wanted, 1))


def _price(arguments: Arguments) -> int:
    nanoseconds = (_BROTLI_NS if arguments.get("format") == "brotli" else _DEFLATE_NS)[_level(arguments)]
    return size_of(arguments, "data_base64") * nanoseconds * FUEL_PER_MICROSECOND // 1000


def _compress(arguments: Arguments) -> str:
    form = choice_of(arguments, "format", (*_WRAPPINGS, "brotli"))
    data = data_of(arguments, "data_base64", MAX_INPUT_BYTES)
    level = _level(arguments)
    if form == "brotli":
        window_bits = whole_of(arguments, "window_bits", 10, 24)
        return base64_of(cast("bytes", brotli.compress(data, quality=level, lgwin=window_bits)))  # pyright: ignore[reportUnknownMemberType] untyped
    # A window of 8 bits is one of 9, as in zlib itself.
    window_bits = max(whole_of(arguments, "window_bits", 8, 15), 9)
    dictionary = data_of(arguments, "dictionary_base64", MAX_DICTIONARY_BYTES)
    wrapping = _WRAPPINGS[form]
    bits = -window_bits if wrapping is None else window_bits + wrapping
    own = (dictionary,) if dictionary and wrapping != 16 else ()
    stream = zlib.compressobj(level, zlib.DEFLATED, bits, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, *own)
    return base64_of(stream.compress(data) + stream.flush())


def decompress(arguments: Arguments) -> tuple[str, int]:
    """Give the plain bytes, and what that costs in units of three nanoseconds.

    Raises ValueError, which begins with Node's code, for data that is corrupt, cut off, or too large once plain.
    """
    form = choice_of(arguments, "format", (*_UNWRAPPINGS, "unzip", "unbrotli"))
    data = data_of(arguments, "data_base64", MAX_COMPRESSED_BYTES)
    plain = _unbrotli(data) if form == "unbrotli" else _inflate(form, data, arguments)
    return base64_of(plain), len(data) + OUTPUT_UNITS * len(plain)


def _inflate(form: str, data: bytes, arguments: Arguments) -> bytes:
    if form == "unzip":
        form = "gunzip" if data.startswith(_GZIP_MAGIC) else "inflate"
    window_bits = whole_of(arguments, "window_bits", 8, 15)
    dictionary = data_of(arguments, "dictionary_base64", MAX_DICTIONARY_BYTES)
    wrapping = _UNWRAPPINGS[form]
    bits = -window_bits if wrapping is None else window_bits + wrapping
    own = (dictionary,) if dictionary and wrapping != 16 else ()
    plain = bytearray()
    try:
        for _member in range(MAX_MEMBERS):
            stream = zlib.decompressobj(bits, *own)
            plain += stream.decompress(data, MAX_PLAIN_BYTES + 1 - len(plain))
            _check_size(plain)
            if not stream.eof and arguments.get("partial") is not True:
                raise ValueError(_CUT)
            # Gzip files may stand one behind the other, with zeros as padding; elsewhere a rest is ignored.
            data = stream.unused_data
            if form != "gunzip" or not data or data[0] == 0:
                return bytes(plain)
    except zlib.error as error:
        raise ValueError(_zlib_text(error)) from None
    raise ValueError(f"Z_DATA_ERROR more than {MAX_MEMBERS} gzip members")


def _unbrotli(data: bytes) -> bytes:
    stream = cast("_BrotliDecompressor", brotli.Decompressor())  # pyright: ignore[reportUnknownMemberType] untyped
    plain = bytearray()
    try:
        while not stream.is_finished():
            piece = stream.process(data, output_buffer_limit=MAX_PLAIN_BYTES + 1 - len(plain))
            plain += piece
            _check_size(plain)
            if not piece and stream.can_accept_more_data() and not stream.is_finished():
                raise ValueError(_CUT)
            data = b""
    except _BROTLI_ERROR:
        raise ValueError("ERR__ERROR_FORMAT Decompression failed") from None
    return bytes(plain)


def _check_size(plain: bytearray) -> None:
    if len(plain) > MAX_PLAIN_BYTES:
        raise ValueError(f"ERR_BUFFER_TOO_LARGE Cannot create a Buffer larger than {MAX_PLAIN_BYTES} bytes")


def _zlib_text(error: zlib.error) -> str:
    found = _ZLIB_ERROR.match(str(error))
    code, reason = (int(found[1]), found[2]) if found else (-3, None)
    if code == _NEED_DICTIONARY:
        return "Z_NEED_DICT Missing dictionary"
    if "zdict" in str(error):
        return "Z_NEED_DICT Bad dictionary"
    return f"{_ZLIB_CODES.get(code, 'Z_DATA_ERROR')} {reason or 'invalid data'}"


COMPRESSION = {"compress": Priced(_compress, _price)}
