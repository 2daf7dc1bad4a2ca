"""What the host spends on a guest's calls, beside what the guest pays: `python -m tests.bench.host_functions`.

Each call is one that a hostile guest would choose. One that costs the host more than ten times what its fuel stands for
is a hole.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x448
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public

from services.executor.guest import CALL_FUEL
from services.executor.host_arguments import base64_of
from services.executor.host_derivation import ALGORITHMS
from services.executor.host_functions import answer_host_call, call_host_function
from services.executor.host_prices import FUEL_PER_MICROSECOND
from tests.bench.figure import Figure, show

MOST = 10
ENOUGH = 10**12
Call = tuple[str, str, dict[str, Any]]


def private(key: Any) -> str:
    return base64_of(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def public(key: Any) -> str:
    return base64_of(key.public_key().public_bytes(Encoding.DER, Public.SubjectPublicKeyInfo))


def rsa_calls() -> Iterator[Call]:
    for bits in (1024, 2048, 4096, 8192):
        key = rsa.generate_private_key(65537, bits)
        scheme = {"algorithm": "sha256", "padding": "pss", "salt_length": -2, "data_base64": "YQ=="}
        yield f"sign, RSA {bits}", "sign", {"key_base64": private(key), **scheme}
        yield (
            f"verify, RSA {bits}",
            "verify",
            {"key_base64": public(key), **scheme, "signature_base64": base64_of(bytes(bits // 8))},
        )
        sealed = {
            "padding": "oaep",
            "algorithm": "sha1",
            "label_base64": "",
            "data_base64": base64_of(bytes(bits // 8)),
        }
        yield f"decrypt in vain, RSA {bits}", "rsa_decrypt", {"key_base64": private(key), **sealed}
    # The exponent of 64 bits is the longest.
    numbers = rsa.RSAPublicNumbers(2**64 - 1, 2**8191 + 1)
    slow = base64_of(numbers.public_key().public_bytes(Encoding.DER, Public.SubjectPublicKeyInfo))
    yield (
        "encrypt, RSA with a long exponent",
        "rsa_encrypt",
        {"key_base64": slow, "padding": "pkcs1", "data_base64": "YQ=="},
    )
    for bits in (1024, 2048):
        yield f"make RSA {bits}", "make_key", {"type": "rsa", "bits": bits}


def curve_calls() -> Iterator[Call]:
    curves = ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1(), ec.BrainpoolP512R1()
    for curve in curves:
        key = ec.generate_private_key(curve)
        scheme = {"algorithm": "sha256", "data_base64": "YQ=="}
        signature = base64_of(bytes.fromhex("3006020101020101"))
        yield f"sign, {curve.name}", "sign", {"key_base64": private(key), **scheme}
        yield f"verify, {curve.name}", "verify", {"key_base64": public(key), **scheme, "signature_base64": signature}
        yield f"agree, {curve.name}", "agree", {"key_base64": private(key), "other_base64": public(key)}
        yield f"read, {curve.name}", "read_private_key", {"key_base64": private(key)}
    own, other = x448.X448PrivateKey.generate(), x448.X448PrivateKey.generate()
    yield "agree, X448", "agree", {"key_base64": private(own), "other_base64": public(other)}
    yield (
        "sign, Ed448",
        "sign",
        {"key_base64": private(ed448.Ed448PrivateKey.generate()), "algorithm": "", "data_base64": ""},
    )
    yield "make P-521", "make_key", {"type": "ec", "curve": "P-521"}
    yield "a compressed point", "point_key", {"curve": "P-521", "data_base64": base64_of(b"\2" + bytes(65) + b"\3")}


def malformed_calls() -> Iterator[Call]:
    number = "A" * 5400
    jwk = {"kty": "RSA", "n": number, "e": "AQAB"}
    yield "a JWK of zeros", "read_public_key", {"key_base64": base64_of(json.dumps(jwk).encode())}
    numbers = dict.fromkeys(("n", "d", "p", "q", "dp", "dq", "qi"), "_" * 2200)
    jwk = {"kty": "RSA", "e": "AQAB", **numbers}
    for name in ("read_private_key", "read_public_key", "sign"):
        yield f"a private JWK of great numbers, {name}", name, {"key_base64": base64_of(json.dumps(jwk).encode())}
    jwk = {"kty": "EC", "crv": "P-521", **dict.fromkeys("xyd", "_" * 5000)}
    yield "a JWK of great coordinates", "read_private_key", {"key_base64": base64_of(json.dumps(jwk).encode())}
    yield "many PEM blocks", "read_private_key", {"key_base64": base64_of(b"-----BEGIN A-----" * 900)}
    yield "a long PEM label", "read_private_key", {"key_base64": base64_of(b"-----BEGIN " + b"A" * 16_000)}
    yield "nested JSON", "read_private_key", {"key_base64": base64_of(b'{"a":' * 3000)}
    key = ec.generate_private_key(ec.SECP521R1())
    sealed = base64_of(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    yield "an encrypted key", "read_private_key", {"key_base64": sealed, "passphrase_base64": base64_of(b"y")}


def data_calls() -> Iterator[Call]:
    for size in (1, 100_000, 4_000_000):
        data = base64_of(bytes(size))
        key = {"key_base64": base64_of(bytes(32)), "iv_base64": base64_of(bytes(16)), "aad_base64": data}
        for mode in ("cbc", "ctr", "ecb", "gcm"):
            part = {"mode": mode, "offset": 0, "decrypt": True, "data_base64": base64_of(bytes(-(-size // 16) * 16))}
            yield f"AES {mode}, {size:,} bytes", "aes", {**key, **part}
        yield f"AES gcm further on, {size:,} bytes", "aes", {**key, "mode": "gcm", "offset": 7, "data_base64": data}
        for algorithm in ALGORITHMS:
            yield f"{algorithm}, {size:,} bytes", "hash", {"algorithm": algorithm, "data_base64": data}


def derivation_calls(salt_bytes: int) -> Iterator[Call]:
    secrets = {"secret_base64": base64_of(bytes(200)), "salt_base64": base64_of(bytes(salt_bytes))}
    for algorithm in ALGORITHMS:
        for iterations, length in ((1, 20_000), (20_000, 1), (1, 1)):
            args = {**secrets, "algorithm": algorithm, "iterations": iterations, "length": length}
            yield f"pbkdf2 {algorithm}, {iterations:,} times, {length:,} bytes, salt {salt_bytes:,}", "pbkdf2", args
        info = base64_of(bytes(1024))
        yield f"hkdf {algorithm}", "hkdf", {**secrets, "algorithm": algorithm, "info_base64": info, "length": 4000}
    for n, r, p in ((16_384, 8, 1), (2, 1, 1), (2, 1, 400), (2, 400, 1), (4096, 8, 8), (2, 20, 20), (2, 1, 20_000)):
        for length in (1, 20_000):
            costs = {"cost": n, "block_size": r, "parallelization": p, "length": length}
            yield f"scrypt {n}, {r}, {p}, {length:,} bytes, salt {salt_bytes:,}", "scrypt", {**secrets, **costs}


def ratio(name: str, arguments: dict[str, Any]) -> tuple[float, float]:
    """Give a call's microseconds, and how many times those that its fuel stands for they are; the best of three."""
    request = json.dumps({"name": name, "args": arguments}).encode()
    took_us, fuel = [], 0
    for _ in range(3):
        started = time.perf_counter()
        _answer, fuel = answer_host_call(request, call_host_function, ENOUGH)
        took_us.append((time.perf_counter() - started) * 1e6)
    return min(took_us), min(took_us) * FUEL_PER_MICROSECOND / (fuel + CALL_FUEL)


def main() -> None:
    """Measure and print, the worst first."""
    calls = [
        *rsa_calls(),
        *curve_calls(),
        *malformed_calls(),
        *data_calls(),
        *derivation_calls(100),
        *derivation_calls(20_000),
    ]
    found = sorted(((*ratio(name, arguments), title) for title, name, arguments in calls), key=lambda each: -each[1])
    figures = [Figure(title, f"{times:.2f} ({us:,.0f} us)", f"< {MOST}") for us, times, title in found]
    show("host time by what it costs in fuel", figures)


if __name__ == "__main__":
    main()
