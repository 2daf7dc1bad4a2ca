"""Synchronous host functions: cryptography and the like, which JavaScript expects at once.

Their parameters are bounded, and they cost fuel like the guest's own code: what their time would buy, on top of what
each call of the host costs. So the fuel of an event bounds them all together. What takes long by its arguments has a
price that is known before, and does not run in an event that cannot pay it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from services.executor.host_arguments import base64_of, data_of, whole_of
from services.executor.host_crypto import CRYPTO
from services.executor.host_derivation import ALGORITHMS
from services.executor.host_prices import MAX_CALL_FUEL
from services.executor.host_zlib import COMPRESSION, decompress

MAX_DATA_BYTES = 8 * 1024 * 1024
MAX_KEY_BYTES = 64 * 1024
MAX_RANDOM_BYTES = 64 * 1024
# Data and key as base64, with the names around them.
MAX_REQUEST_BYTES = (MAX_DATA_BYTES + MAX_KEY_BYTES) * 4 // 3 + 1024
MAX_REFUSAL = 200
# A request has eight arguments at most; lists of millions would take far longer to read than their bytes tell.
MAX_COMMAS = 8
# 2.3e9 units of fuel stand for 0.25 s: reading a byte of a request takes 3 ns, hashing or drawing one 3 ns at most.
REQUEST_BYTE_FUEL = 30
DATA_BYTE_FUEL = 30

# Gives a function's value and the fuel it cost. Raises ValueError for what it refuses.
Call = Callable[[str, Mapping[str, Any]], tuple[Any, int]]


def answer_host_call(request: bytes, call: Call, fuel_left: int = MAX_CALL_FUEL) -> tuple[bytes, int]:
    """Answer a guest's request, whatever it is; gives the answer's JSON and the fuel that it cost.

    A refusal costs what reading the request did, and the function's price. Nothing runs that costs more than
    `fuel_left`: the guest, which pays that much, is at its end.
    """
    fuel = REQUEST_BYTE_FUEL * len(request)
    try:
        name, arguments = _read(request)
        fuel += price_of(name, arguments)
        if fuel > fuel_left:
            return b'{"error":"out of fuel"}', fuel
        value, own_fuel = call(name, arguments)
    except ValueError as refused:
        return json.dumps({"error": str(refused)[:MAX_REFUSAL]}).encode(), fuel
    return json.dumps({"value": value}).encode(), fuel + own_fuel


def price_of(name: str, arguments: Mapping[str, Any]) -> int:
    """Give the fuel that a call costs before it begins. Raises ValueError for what is refused, and no event may pay."""
    priced = _PRICED.get(name)
    price = priced.price(arguments) if priced else 0
    if price > MAX_CALL_FUEL:
        raise ValueError(f"ERR_OUT_OF_RANGE The call costs {price:,} units of fuel. It must cost <= {MAX_CALL_FUEL:,}")
    return price


def call_host_function(name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
    """Give a host function's value and the fuel it cost beside its price. Raises ValueError for what it refuses."""
    priced = _PRICED.get(name)
    if priced is not None:
        return priced.run(arguments), 0
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


def _algorithm(arguments: Mapping[str, Any]) -> str:
    name = arguments.get("algorithm")
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise ValueError("Invalid digest")
    return ALGORITHMS[name]


def _hash(arguments: Mapping[str, Any]) -> tuple[str, int]:
    data = data_of(arguments, "data_base64", MAX_DATA_BYTES)
    return base64_of(hashlib.new(_algorithm(arguments), data, usedforsecurity=False).digest()), len(data)


def _hmac(arguments: Mapping[str, Any]) -> tuple[str, int]:
    data = data_of(arguments, "data_base64", MAX_DATA_BYTES)
    key = data_of(arguments, "key_base64", MAX_KEY_BYTES)
    return base64_of(hmac.digest(key, data, _algorithm(arguments))), len(data) + len(key)


def _random_bytes(arguments: Mapping[str, Any]) -> tuple[str, int]:
    length = whole_of(arguments, "length", 1, MAX_RANDOM_BYTES)
    return base64_of(os.urandom(length)), length


_FUNCTIONS = {"hash": _hash, "hmac": _hmac, "random_bytes": _random_bytes, "decompress": decompress}
_PRICED = {**CRYPTO, **COMPRESSION}
