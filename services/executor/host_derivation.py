"""Keys from passwords and secrets: PBKDF2, scrypt and HKDF."""

from __future__ import annotations

import hashlib
import hmac

from services.executor.host_arguments import Arguments, base64_of, choice_of, data_of, size_of, whole_of
from services.executor.host_prices import DATA_BYTE_FUEL, FUEL_PER_MICROSECOND, Priced

# Names as the guest writes them, and hashlib's.
ALGORITHMS = {
    "md5": "md5",
    "ripemd160": "ripemd160",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha512-224": "sha512_224",
    "sha512-256": "sha512_256",
    "sha3-224": "sha3_224",
    "sha3-256": "sha3_256",
    "sha3-384": "sha3_384",
    "sha3-512": "sha3_512",
    "blake2b512": "blake2b",
    "blake2s256": "blake2s",
}
MAX_SECRET_BYTES = 64 * 1024
MAX_LENGTH = 64 * 1024
MAX_ITERATIONS = 2**31 - 1
MAX_SCRYPT_BYTES = 64 * 1024 * 1024
CALL_MICROSECONDS = 30
# What one of PBKDF2's iterations takes; with the others 0.6 us.
ITERATION_MICROSECONDS = {
    **dict.fromkeys(("md5", "sha1", "sha224", "sha256"), 0.3),
    **dict.fromkeys(("sha3-224", "sha3-256", "sha3-384", "sha3-512", "blake2b512", "blake2s256"), 2.0),
}
# Both PBKDF2 and scrypt hash the salt anew for each block of what they give.
HASHED_BYTE_FUEL = 30


def _secrets_price(arguments: Arguments) -> int:
    held = size_of(arguments, "secret_base64", "salt_base64", "info_base64")
    return CALL_MICROSECONDS * FUEL_PER_MICROSECOND + DATA_BYTE_FUEL * held


def _digest(arguments: Arguments) -> str:
    return choice_of(arguments, "algorithm", ALGORITHMS)


def _blocks(arguments: Arguments, most: int) -> int:
    size = hashlib.new(ALGORITHMS[_digest(arguments)], usedforsecurity=False).digest_size
    return -(-whole_of(arguments, "length", 1, most) // size)


def _pbkdf2_price(arguments: Arguments) -> int:
    iterations = whole_of(arguments, "iterations", 1, MAX_ITERATIONS)
    each = int(FUEL_PER_MICROSECOND * ITERATION_MICROSECONDS.get(_digest(arguments), 0.6))
    block = each * iterations + 3 * FUEL_PER_MICROSECOND + HASHED_BYTE_FUEL * size_of(arguments, "salt_base64")
    return _secrets_price(arguments) + block * _blocks(arguments, MAX_LENGTH)


def _pbkdf2(arguments: Arguments) -> str:
    secret, salt = _secret_and_salt(arguments)
    length = whole_of(arguments, "length", 1, MAX_LENGTH)
    iterations = whole_of(arguments, "iterations", 1, MAX_ITERATIONS)
    return base64_of(hashlib.pbkdf2_hmac(ALGORITHMS[_digest(arguments)], secret, salt, iterations, length))


def _secret_and_salt(arguments: Arguments) -> tuple[bytes, bytes]:
    secret = data_of(arguments, "secret_base64", MAX_SECRET_BYTES)
    return secret, data_of(arguments, "salt_base64", MAX_SECRET_BYTES)


def _scrypt_costs(arguments: Arguments) -> tuple[int, int, int]:
    n = whole_of(arguments, "cost", 2, 2**24)
    r = whole_of(arguments, "block_size", 1, 2**20)
    p = whole_of(arguments, "parallelization", 1, 2**20)
    if n & (n - 1) or 128 * r * (n + p + 2) > MAX_SCRYPT_BYTES:
        raise ValueError("ERR_CRYPTO_INVALID_SCRYPT_PARAMS Invalid scrypt params: memory limit exceeded")
    return n, r, p


def _scrypt_price(arguments: Arguments) -> int:
    n, r, p = _scrypt_costs(arguments)
    mixed_bytes = 128 * r * p
    blocks = -(-whole_of(arguments, "length", 1, MAX_LENGTH) // 32)
    hashed = (mixed_bytes + 500) * blocks + (size_of(arguments, "salt_base64") + 500) * mixed_bytes // 32
    return _secrets_price(arguments) + FUEL_PER_MICROSECOND * (n + 2) * r * p // 2 + HASHED_BYTE_FUEL * hashed


def _scrypt(arguments: Arguments) -> str:
    secret, salt = _secret_and_salt(arguments)
    n, r, p = _scrypt_costs(arguments)
    length = whole_of(arguments, "length", 1, MAX_LENGTH)
    room = 2 * MAX_SCRYPT_BYTES  # OpenSSL counts a little more than the standard's tables
    return base64_of(hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=room, dklen=length))


def _hkdf_price(arguments: Arguments) -> int:
    info = DATA_BYTE_FUEL * size_of(arguments, "info_base64")
    return _secrets_price(arguments) + (5 * FUEL_PER_MICROSECOND + info) * _blocks(arguments, MAX_LENGTH)


def _hkdf(arguments: Arguments) -> str:
    secret, salt = _secret_and_salt(arguments)
    info, digest = data_of(arguments, "info_base64", 1024), ALGORITHMS[_digest(arguments)]
    blocks = _blocks(arguments, MAX_LENGTH)
    if blocks > 255:
        raise ValueError("ERR_CRYPTO_INVALID_KEYLEN Invalid key length")
    extracted = hmac.digest(salt, secret, digest)
    block, expanded = b"", b""
    for number in range(1, blocks + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), digest)
        expanded += block
    return base64_of(expanded[: whole_of(arguments, "length", 1, MAX_LENGTH)])


DERIVATION = {
    "pbkdf2": Priced(_pbkdf2, _pbkdf2_price),
    "scrypt": Priced(_scrypt, _scrypt_price),
    "hkdf": Priced(_hkdf, _hkdf_price),
}
