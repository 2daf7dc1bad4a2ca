from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from services.executor.host_functions import ALGORITHMS, MAX_DATA_BYTES, call_host_function


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
        ("random_bytes", {"length": "8"}),
        ("random_bytes", {}),
    ],
)
def test_what_is_out_of_bounds_is_refused(name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 base64 words it in its own way
        call_host_function(name, arguments)
