from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any, cast

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.egress.decoding import BodyReader, CorruptError, OversizeError


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def pack_brotli(data: bytes) -> bytes:
    return cast("Any", brotli).compress(data, quality=1)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "x-deflate": raw_deflate,
    "br": pack_brotli,
    "identity": bytes,
}


def read(encoding: str, data: bytes, *, max_bytes: int = 1 << 20, piece_bytes: int = 1 << 16) -> bytes:
    reader = BodyReader(content_encoding=encoding, max_bytes=max_bytes)
    for start in range(0, len(data), piece_bytes):
        reader.feed(data[start : start + piece_bytes])
    return reader.body()


@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=500), st.integers(1, 40))
def test_bodies_come_back_however_they_are_cut(encoding: str, data: bytes, piece_bytes: int) -> None:
    assert read(encoding, PACKERS[encoding](data), piece_bytes=piece_bytes) == data


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_the_cap_is_exact(encoding: str) -> None:
    packed = PACKERS[encoding](bytes(10_000))
    assert len(read(encoding, packed, max_bytes=10_000)) == 10_000
    with pytest.raises(OversizeError):
        read(encoding, packed, max_bytes=9_999)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_bombs_end_at_the_cap(encoding: str) -> None:
    with pytest.raises(OversizeError):
        read(encoding, PACKERS[encoding](bytes(20_000_000)), max_bytes=5_000_000)


def test_concatenated_gzip_members_are_read_and_bounded() -> None:
    assert read("gzip", gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0padding") == b"ab"
    with pytest.raises(CorruptError):
        read("gzip", gzip.compress(b"") * 200)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_garbage_is_corrupt_and_truncation_is_not(encoding: str) -> None:
    with pytest.raises(CorruptError):
        read(encoding, b"\xff\xfe this is not packed \xff" * 10)
    data = bytes(range(256)) * 40
    assert data.startswith(read(encoding, PACKERS[encoding](data)[:-4]))


def test_the_wire_is_capped_too() -> None:
    with pytest.raises(OversizeError):
        read("gzip", gzip.compress(b"x") + bytes(5000), max_bytes=1000)
