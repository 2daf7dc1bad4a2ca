"""Inflating answers piece by piece under a size cap, so that a small answer cannot fill the memory.

As in node-fetch 2: one coding at most, others pass as they are, and a truncated body yields what there is.
"""

from __future__ import annotations

import zlib
from typing import Protocol, cast

import brotli

_MAX_MEMBERS = 100
_GZIP_MAGIC = b"\x1f\x8b"
_CODEC_ERRORS = (zlib.error, cast("type[Exception]", brotli.error))  # pyright: ignore[reportUnknownMemberType] untyped


class OversizeError(Exception):
    """The body is longer than its cap."""


class CorruptError(Exception):
    """The body is not what its Content-Encoding says."""


class _Inflater(Protocol):
    def feed(self, piece: bytes, limit: int) -> bytes:
        """Return up to about `limit` more bytes of plain text; whatever exceeds it need not be correct."""
        ...


class BodyReader:
    """Collects a body, inflated where `content_encoding` is gzip, deflate or br, up to `max_bytes` on either side."""

    def __init__(self, *, content_encoding: str, max_bytes: int) -> None:
        self._inflater = _inflater(content_encoding.strip().lower())
        self._max_bytes = max_bytes
        self._wire_bytes = 0
        self._body = bytearray()

    def feed(self, piece: bytes) -> None:
        """Take what came over the wire. Raises OversizeError or CorruptError."""
        self._wire_bytes += len(piece)
        if self._wire_bytes > self._max_bytes:
            raise OversizeError
        try:
            plain = self._inflater.feed(piece, self._max_bytes - len(self._body) + 1) if self._inflater else piece
        except _CODEC_ERRORS as error:
            raise CorruptError(str(error)) from None
        if len(self._body) + len(plain) > self._max_bytes:
            raise OversizeError
        self._body += plain

    def body(self) -> bytes:
        return bytes(self._body)


def _inflater(encoding: str) -> _Inflater | None:
    match encoding:
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate" | "x-deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case _:
            return None


class _Gzip:
    """Gzip, whose files may be concatenated; each member costs a copy of the rest, so their number is bounded."""

    def __init__(self) -> None:
        self._members = 1
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def feed(self, piece: bytes, limit: int) -> bytes:
        plain = bytearray()
        while piece and len(plain) < limit:
            if self._stream.eof and not self._next_member(piece):
                break
            plain += self._stream.decompress(piece, limit - len(plain))
            piece = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return bytes(plain)

    def _next_member(self, piece: bytes) -> bool:
        """Begin the next member; what follows the last one is padding, which gzip ignores."""
        if not piece.startswith(_GZIP_MAGIC[: len(piece)]):
            return False
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise CorruptError(f"more than {_MAX_MEMBERS} gzip members")
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return True


class _Deflate:
    """Deflate with or without the zlib header: servers send both."""

    def __init__(self) -> None:
        self._stream = None

    def feed(self, piece: bytes, limit: int) -> bytes:
        if not piece:
            return b""
        if self._stream is None:
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if piece[0] & 0x0F == 8 else -zlib.MAX_WBITS)
        return self._stream.decompress(piece, limit)


class _BrotliStream(Protocol):
    def process(self, data: bytes, *, output_buffer_limit: int) -> bytes: ...
    def can_accept_more_data(self) -> bool: ...
    def is_finished(self) -> bool: ...


class _Brotli:
    def __init__(self) -> None:
        self._stream = cast("_BrotliStream", brotli.Decompressor())  # pyright: ignore[reportUnknownMemberType] untyped

    def feed(self, piece: bytes, limit: int) -> bytes:
        if self._stream.is_finished():
            return b""
        plain = bytearray(self._stream.process(piece, output_buffer_limit=limit))
        while not self._stream.can_accept_more_data() and not self._stream.is_finished() and len(plain) < limit:
            plain += self._stream.process(b"", output_buffer_limit=limit - len(plain))
        return bytes(plain)
