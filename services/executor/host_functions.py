"""Synchronous host functions: hashes and random bytes, which JavaScript expects at once.

Their parameters are bounded, and they cost fuel like the guest's own code: what their time would buy, on top of what
each call of the host costs. So the fuel of an event bounds them all together.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

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
# Data and key as base64, with the names around them.
MAX_REQUEST_BYTES = (MAX_DATA_BYTES + MAX_KEY_BYTES) * 4 // 3 + 1024
MAX_REFUSAL = 200
# A request has three arguments at most; lists of millions would take far longer to read than their bytes tell.
MAX_COMMAS = 8
# 2.3e9 units of fuel stand for 0.25 s: reading a byte of a request takes 3 ns, hashing or drawing one 3 ns at most.
REQUEST_BYTE_FUEL = 30
DATA_BYTE_FUEL = 30

# Gives a function's value and the fuel it cost. Raises ValueError for what it refuses.
Call = Callable[[str, Mapping[str, Any]], tuple[Any, int]]


def answer_host_call(request: bytes, call: Call) -> tuple[bytes, int]:
    """Answer a guest's request, whatever it is; gives the answer's JSON and the fuel that it cost.

    A refusal costs what reading the request did.
    """
    fuel = REQUEST_BYTE_FUEL * len(request)
    try:
        value, own_fuel = call(*_read(request))
    except ValueError as refused:
        return json.dumps({"error": str(refused)[:MAX_REFUSAL]}).encode(), fuel
    return json.dumps({"value": value}).encode(), fuel + own_fuel


def call_host_function(name: str, arguments: Mapping[str, Any]) -> tuple[str, int]:
    """Give a host function's value and the fuel it cost. Raises ValueError for what it refuses."""
    function = _FUNCTIONS.get(name)
    if function is None:
        raise ValueError(f"no host function {name[:MAX_REFUSAL]}")
    value, data_bytes = function(arguments)
    return value, DATA_BYTE_FUEL * data_bytes


def _read(request: bytes) -> tuple[str, Mapping[str, Any]]:
    if len(request) > MAX_REQUEST_BYTES or request.count(b",") > MAX_COMMAS:
        raise ValueError("the request is too large")
    try:
        call: Any = json.loads(request.decode())
        name, arguments = call["name"], call["args"]
    except (RecursionError, KeyError, TypeError) as error:
        raise ValueError("the request has another form") from error
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise ValueError("the request has another form")  # noqa: TRY004 the guest is told as of any other refusal
    return name, cast("dict[str, Any]", arguments)


def _decoded(arguments: Mapping[str, Any], name: str, limit: int) -> bytes:
    text = arguments.get(name)
    if not isinstance(text, str):
        raise ValueError(f"{name} is no text")  # noqa: TRY004 as above
    if len(text) > (limit + 2) // 3 * 4:
        raise ValueError(f"{name} is over {limit} bytes")
    data = base64.b64decode(text, validate=True)
    if len(data) > limit:
        raise ValueError(f"{name} is over {limit} bytes")
    return data


def _algorithm(arguments: Mapping[str, Any]) -> str:
    name = arguments.get("algorithm")
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise ValueError("Invalid digest")
    return ALGORITHMS[name]


def _hash(arguments: Mapping[str, Any]) -> tuple[str, int]:
    data = _decoded(arguments, "data_base64", MAX_DATA_BYTES)
    return _text(hashlib.new(_algorithm(arguments), data, usedforsecurity=False).digest()), len(data)


def _hmac(arguments: Mapping[str, Any]) -> tuple[str, int]:
    data = _decoded(arguments, "data_base64", MAX_DATA_BYTES)
    key = _decoded(arguments, "key_base64", MAX_KEY_BYTES)
    return _text(hmac.digest(key, data, _algorithm(arguments))), len(data) + len(key)


def _random_bytes(arguments: Mapping[str, Any]) -> tuple[str, int]:
    length = arguments.get("length")
    if not isinstance(length, int) or isinstance(length, bool) or not 0 < length <= MAX_RANDOM_BYTES:
        raise ValueError(f"length must be from 1 to {MAX_RANDOM_BYTES}")
    return _text(os.urandom(length)), length


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_FUNCTIONS = {"hash": _hash, "hmac": _hmac, "random_bytes": _random_bytes}
