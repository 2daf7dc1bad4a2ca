from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.host_functions import (
    ALGORITHMS,
    DATA_BYTE_FUEL,
    MAX_DATA_BYTES,
    MAX_KEY_BYTES,
    MAX_RANDOM_BYTES,
    MAX_REQUEST_BYTES,
    REQUEST_BYTE_FUEL,
    answer_host_call,
    call_host_function,
)
from tests.fuzz import fuzz

NAMES = ("hash", "hmac", "random_bytes")
ARGUMENTS = ("algorithm", "data_base64", "key_base64", "length")
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, 65536, 65537, 2**31, 2**63, 10**4000])
TEXTS = st.text(max_size=20) | st.sampled_from([*ALGORITHMS, "MD5", "YQ==", "YQ", "Y Q=", "\u00e9", "\ud800", "="])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)
REQUEST = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES) | JSON,
        "args": st.fixed_dictionaries({}, optional=dict.fromkeys(ARGUMENTS, TEXTS | JSON)) | JSON,
    }
)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_hashes_are_those_of_the_standard(name: str) -> None:
    arguments = {"algorithm": name, "data_base64": encoded(b"data"), "key_base64": encoded(b"key")}
    python = ALGORITHMS[name]
    assert call_host_function("hash", arguments)[0] == encoded(hashlib.new(python, b"data").digest())
    assert call_host_function("hmac", arguments)[0] == encoded(hmac.digest(b"key", b"data", python))


def test_more_data_costs_more_fuel() -> None:
    costs = [
        call_host_function("hash", {"algorithm": "md5", "data_base64": encoded(bytes(n))})[1] for n in (1, 100_000)
    ]
    assert costs[1] > costs[0] + 100_000


def test_random_bytes_differ() -> None:
    first, second = (call_host_function("random_bytes", {"length": 32})[0] for _ in range(2))
    assert first != second
    assert len(base64.b64decode(first)) == 32


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("exec", {}),
        ("hash", {"algorithm": "shake_128", "data_base64": ""}),
        ("hash", {"algorithm": "md5", "data_base64": "not base64!"}),
        ("hash", {"algorithm": "md5", "data_base64": encoded(bytes(MAX_DATA_BYTES + 1))}),
        ("random_bytes", {"length": 0}),
        ("random_bytes", {"length": 10**9}),
        ("hash", {"algorithm": "md5", "data_base64": "\u00e9"}),
        ("hash", {"algorithm": "md5", "data_base64": 7}),
        ("hash", {"algorithm": ["md5"], "data_base64": ""}),
        ("hash", {"algorithm": "md5"}),
        ("hmac", {"algorithm": "md5", "data_base64": "", "key_base64": encoded(bytes(MAX_KEY_BYTES + 1))}),
        ("random_bytes", {"length": "8"}),
        ("random_bytes", {"length": True}),
        ("random_bytes", {"length": 1.5}),
        ("random_bytes", {"length": float("nan")}),
        ("random_bytes", {"length": MAX_RANDOM_BYTES + 1}),
        ("random_bytes", {}),
    ],
)
def test_what_is_out_of_bounds_is_refused(name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 base64 words it in its own way
        call_host_function(name, arguments)


def answer(request: bytes) -> tuple[dict[str, Any], int]:
    text, fuel = answer_host_call(request, call_host_function)
    return json.loads(text), fuel


@pytest.mark.parametrize(
    "request_text",
    [
        b"",
        b"7",
        b"[]",
        b"{}",
        b'{"name":"hash"}',
        b'{"name":["hash"],"args":{}}',
        b'{"name":"hash","args":[]}',
        b'{"name":"hash","args":null}',
        b'{"name":"random_bytes","args":{"length":1e400}}',
        b'{"name":"random_bytes","args":{"length":NaN}}',
        b'{"name":"random_bytes","args":{"length":' + b"9" * 5000 + b"}}",
        b'"\xff"',
        b"[" * 100_000,
        b'{"name":"random_bytes","args":{"length":1,"more":[' + b"1," * 100_000 + b"1]}}",
        b'{"name":"' + b"x" * MAX_REQUEST_BYTES + b'","args":{}}',
    ],
    ids=lambda text: text[:20].decode(errors="replace"),
)
def test_a_request_of_another_form_is_refused(request_text: bytes) -> None:
    told, fuel = answer(request_text)
    assert list(told) == ["error"]
    assert len(told["error"]) <= 200
    assert fuel == REQUEST_BYTE_FUEL * len(request_text)


@fuzz(300)
@given(REQUEST | JSON, st.booleans())
def test_any_request_is_answered_or_refused_and_paid(request_value: object, ascii_only: bool) -> None:
    request = json.dumps(request_value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    told, fuel = answer(request)
    assert told.keys() in ({"value"}, {"error"})
    assert all(isinstance(text, str) for text in told.values())
    assert fuel >= REQUEST_BYTE_FUEL * len(request)
    assert len(told.get("value", "")) <= MAX_RANDOM_BYTES * 4 // 3 + 4


@fuzz(100)
@given(st.binary(max_size=2000), st.binary(max_size=200), st.sampled_from([*ALGORITHMS]))
def test_what_is_hashed_is_paid_by_the_byte(data: bytes, key: bytes, algorithm: str) -> None:
    arguments: Mapping[str, Any] = {
        "algorithm": algorithm,
        "data_base64": encoded(data),
        "key_base64": encoded(key),
    }
    assert call_host_function("hash", arguments)[1] == DATA_BYTE_FUEL * len(data)
    assert call_host_function("hmac", arguments)[1] == DATA_BYTE_FUEL * (len(data) + len(key))
