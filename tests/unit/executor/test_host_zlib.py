"""Compression by the host: bounded on both sides, paid by the byte, and never an exception that is not a refusal."""

from __future__ import annotations

import base64
import gzip
import random
import zlib
from collections.abc import Mapping
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.host_functions import call_host_function, price_of
from services.executor.host_prices import MAX_CALL_FUEL
from services.executor.host_zlib import MAX_COMPRESSED_BYTES, MAX_INPUT_BYTES, MAX_MEMBERS, MAX_PLAIN_BYTES
from tests.fuzz import fuzz

PLAIN = {"level": -1, "window_bits": 15, "partial": False, "dictionary_base64": ""}
FORMATS = ["gzip", "deflate", "deflateRaw", "brotli", "gunzip", "inflate", "inflateRaw", "unzip", "unbrotli"]
JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["YQ==", "=", ""])
)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "format": st.sampled_from(FORMATS) | JUNK,
        "data_base64": st.binary(max_size=99).map(lambda data: base64.b64encode(data).decode()) | JUNK,
        "level": st.integers(-2, 12) | JUNK,
        "window_bits": st.integers(7, 25) | JUNK,
        "partial": JUNK,
        "dictionary_base64": JUNK,
    },
)


def packed(form: str, data: bytes, **options: Any) -> bytes:
    return called("compress", form, data, **options)[0]


def unpacked(form: str, data: bytes, **options: Any) -> bytes:
    return called("decompress", form, data, **options)[0]


def called(name: str, form: str, data: bytes, **options: Any) -> tuple[bytes, int]:
    arguments = {**PLAIN, "format": form, "data_base64": base64.b64encode(data).decode(), **options}
    value, fuel = call_host_function(name, arguments)
    return base64.b64decode(value), fuel


def price(form: str, data: bytes, level: int) -> int:
    arguments = {**PLAIN, "format": form, "data_base64": base64.b64encode(data).decode(), "level": level}
    return price_of("compress", arguments)


def test_formats_are_those_of_the_libraries() -> None:
    data = b"some text, some text, some text"
    assert gzip.decompress(packed("gzip", data)) == data
    assert packed("deflate", data, level=9) == zlib.compress(data, 9)
    assert zlib.decompress(packed("deflateRaw", data, window_bits=9), wbits=-9) == data
    assert brotli.decompress(packed("brotli", data, level=11, window_bits=22)) == data
    dictionary = base64.b64encode(b"some text").decode()
    assert len(packed("deflate", data, dictionary_base64=dictionary)) < len(packed("deflate", data)) + 4
    with_it = packed("deflate", data, dictionary_base64=dictionary)
    assert unpacked("inflate", with_it, dictionary_base64=dictionary) == data


@pytest.mark.parametrize("form", ["gunzip", "unzip", "inflate", "unbrotli"])
def test_a_bomb_is_refused_before_it_fills_the_memory(form: str) -> None:
    plain = bytes(64 * 1024 * 1024)
    pack = {"unbrotli": lambda: brotli.compress(plain, quality=1), "inflate": lambda: zlib.compress(plain)}
    bomb = pack.get(form, lambda: gzip.compress(plain))()
    with pytest.raises(ValueError, match="ERR_BUFFER_TOO_LARGE"):
        unpacked(form, bomb)
    assert len(unpacked("gunzip", gzip.compress(bytes(MAX_PLAIN_BYTES)))) == MAX_PLAIN_BYTES


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="is over"):
        packed("gzip", bytes(MAX_INPUT_BYTES + 1))
    with pytest.raises(ValueError, match="is over"):
        unpacked("gunzip", bytes(MAX_COMPRESSED_BYTES + 1))
    with pytest.raises(ValueError, match="Z_DATA_ERROR more than"):
        unpacked("gunzip", gzip.compress(b"") * (MAX_MEMBERS + 1))
    with pytest.raises(ValueError, match="Z_BUF_ERROR unexpected end of file"):
        unpacked("unbrotli", brotli.compress(b"some text")[:-1])
    with pytest.raises(ValueError, match="Decompression failed"):
        unpacked("unbrotli", b"\xff" * 20)


def test_the_price_is_known_before_and_grows_with_data_and_level() -> None:
    text = b"some text " * 500
    assert 0 < price("gzip", text, 1) < price("gzip", text, 6) < price("gzip", text, 9) < price("brotli", text, 11)
    assert price("gzip", text * 2, 6) == pytest.approx(2 * price("gzip", text, 6), rel=0.01)
    for form, level in (("gzip", 9), ("gzip", -1), ("brotli", 11)):
        assert price(form, bytes(MAX_INPUT_BYTES), level) < MAX_CALL_FUEL
    small, large = (called("decompress", "gunzip", gzip.compress(bytes(n)))[1] for n in (1000, 1_000_000))
    assert large > small + 30 * 999_000


def test_large_data_is_compressed_at_a_lower_level() -> None:
    draw = random.Random(1)
    data = bytes(draw.choices(b"acgt", k=300_000))
    assert packed("deflate", data[:20_000], level=9) == zlib.compress(data[:20_000], 9)
    assert packed("deflate", data, level=9) == zlib.compress(data, 6)
    assert packed("deflate", data, level=1) == zlib.compress(data, 1)
    assert packed("deflate", data, level=0) == zlib.compress(data, 0)


@fuzz(200)
@given(name=st.sampled_from(["compress", "decompress"]), arguments=ARGUMENTS)
def test_whatever_a_guest_sends_is_answered_or_refused(name: str, arguments: Mapping[str, Any]) -> None:
    try:
        fuel = price_of(name, arguments)
        value, own = call_host_function(name, arguments)
    except ValueError:
        return
    assert fuel + own > 0 or not value
    base64.b64decode(value, validate=True)
