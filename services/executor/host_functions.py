"""Synchronous host functions: hashes and random bytes, which JavaScript expects at once.

Their parameters are bounded, and they cost fuel like the guest's own code: about what their time would buy.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any

ALGORITHMS = {
    "md5": "md5",
    "ripemd160": "ripemd160",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha512-256": "sha512_256",
}
MAX_DATA_BYTES = 8 * 1024 * 1024
MAX_KEY_BYTES = 64 * 1024
MAX_RANDOM_BYTES = 64 * 1024
# 2.3e9 units of fuel stand for 0.25 s: a call for 10 us, hashing a byte for about 4 ns.
CALL_FUEL = 92_000
BYTE_FUEL = 40


def _decoded(arguments: Mapping[str, Any], name: str, limit: int) -> bytes:
    data = base64.b64decode(str(arguments.get(name, "")), validate=True)
    if len(data) > limit:
        raise ValueError(f"{name} is over {limit} bytes")
    return data


def _algorithm(arguments: Mapping[str, Any]) -> str:
    name = ALGORITHMS.get(str(arguments.get("algorithm")))
    if name is None:
        raise ValueError("Invalid digest")
    return name


def _hash(arguments: Mapping[str, Any]) -> tuple[str, int]:
    data = _decoded(arguments, "data_base64", MAX_DATA_BYTES)
    return _text(hashlib.new(_algorithm(arguments), data, usedforsecurity=False).digest()), len(data)


def _hmac(arguments: Mapping[str, Any]) -> tuple[str, int]:
    data = _decoded(arguments, "data_base64", MAX_DATA_BYTES)
    key = _decoded(arguments, "key_base64", MAX_KEY_BYTES)
    return _text(hmac.digest(key, data, _algorithm(arguments))), len(data)


def _random_bytes(arguments: Mapping[str, Any]) -> tuple[str, int]:
    length = arguments.get("length")
    if not isinstance(length, int) or not 0 < length <= MAX_RANDOM_BYTES:
        raise ValueError(f"length must be from 1 to {MAX_RANDOM_BYTES}")
    return _text(os.urandom(length)), length


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_FUNCTIONS = {"hash": _hash, "hmac": _hmac, "random_bytes": _random_bytes}


def call_host_function(name: str, arguments: Mapping[str, Any]) -> tuple[str, int]:
    """Give a host function's value and the fuel it cost. Raises ValueError for what it refuses."""
    function = _FUNCTIONS.get(name)
    if function is None:
        raise ValueError(f"no host function {name}")
    value, data_bytes = function(arguments)
    return value, CALL_FUEL + BYTE_FUEL * data_bytes
