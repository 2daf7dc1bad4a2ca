"""Asymmetric keys: read in any form on each call, in microseconds, so that the host never keeps one.

OpenSSL's own check of an RSA key takes 30 ms for the primes alone. What it protects from here, work that grows beyond
the key's size, takes arithmetic only: the numbers must fit together.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key, load_pem_private_key
from cryptography.x509 import load_der_x509_certificate

from services.executor.host_arguments import Arguments, data_of
from services.executor.host_encrypted_keys import iterations_of
from services.executor.host_jwk import CURVES, key_of_jwk

MAX_KEY_BYTES = 16 * 1024
MAX_PASSPHRASE_BYTES = 1024
# A private key of 8,192 bits, in DER.
MAX_PRIVATE_BYTES = 5 * 1024
MAX_RSA_BITS = 8192
MIN_RSA_BITS = 512
MAX_ITERATIONS = 100_000
UNSUPPORTED = "ERR_OSSL_UNSUPPORTED error:1E08010C:DECODER routines::unsupported"
INTERRUPTED = (
    "ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED error:07880109:common libcrypto routines::interrupted or cancelled"
)
# Diffie-Hellman over finite fields and DSA.
REFUSED_TYPES = tuple(bytes.fromhex(oid) for oid in ("2a864886f70d010301", "2a8648ce3e0201", "2a8648ce380401"))
PEM_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
# These are encrypted with a key that a single MD5 has made of the passphrase.
TRADITIONAL_LABELS = {b"RSA PRIVATE KEY", b"EC PRIVATE KEY"}
PRIVATE_LABELS = TRADITIONAL_LABELS | {b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"}
PUBLIC_LABELS = {b"PUBLIC KEY", b"RSA PUBLIC KEY"}

PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | x25519.X25519PrivateKey
    | x448.X448PrivateKey
)
PublicKey = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | ed448.Ed448PublicKey
    | x25519.X25519PublicKey
    | x448.X448PublicKey
)


def private_key_of(arguments: Arguments, name: str = "key_base64") -> PrivateKey:
    """Read a private key from PEM, DER (PKCS#8, PKCS#1, SEC1) or JWK. Raises ValueError."""
    data, passphrase = data_of(arguments, name, MAX_KEY_BYTES), passphrase_of(arguments)
    key = _guarded(lambda: _private(data, passphrase))
    if not isinstance(key, PrivateKey):
        raise ValueError(UNSUPPORTED)  # noqa: TRY004 the guest is told as of any other refusal
    _check(key.public_key())
    if isinstance(key, rsa.RSAPrivateKey):
        _check_numbers(key.private_numbers())
    return key


def public_key_of(arguments: Arguments, name: str = "key_base64") -> PublicKey:
    """Read a public key, as SPKI, PKCS#1, certificate or JWK, or take a private key's. Raises ValueError."""
    data, passphrase = data_of(arguments, name, MAX_KEY_BYTES), passphrase_of(arguments)
    key = _guarded(lambda: _public(data, passphrase))
    if isinstance(key, PrivateKey):
        key = key.public_key()
    if not isinstance(key, PublicKey):
        raise ValueError(UNSUPPORTED)  # noqa: TRY004 as above
    _check(key)
    return key


def passphrase_of(arguments: Arguments) -> bytes | None:
    """Give the passphrase, if there is one. Raises ValueError."""
    if "passphrase_base64" not in arguments:
        return None
    return data_of(arguments, "passphrase_base64", MAX_PASSPHRASE_BYTES)


def _guarded(read: Callable[[], Any]) -> Any:
    """Read a key, and word what the library refuses as OpenSSL does."""
    try:
        return read()
    except (TypeError, UnsupportedAlgorithm, OverflowError) as error:
        raise ValueError(UNSUPPORTED) from error
    except ValueError as error:
        raise ValueError(text if (text := str(error)).startswith("ERR_") else UNSUPPORTED) from error


def _private(data: bytes, passphrase: bytes | None) -> Any:
    if data[:1] == b"{":
        return key_of_jwk(data)
    label, der, pem = _unwrapped(data, PRIVATE_LABELS)
    if b"DEK-Info" in pem and label in TRADITIONAL_LABELS:
        return _decrypted(
            lambda: load_pem_private_key(pem, passphrase, unsafe_skip_rsa_key_validation=True), passphrase
        )
    if label == b"ENCRYPTED PRIVATE KEY" or (label == b"" and passphrase is not None and _is_encrypted(der)):
        return _decrypt(der, passphrase)
    _refuse(der, MAX_PRIVATE_BYTES)
    return load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)


def _is_encrypted(der: bytes) -> bool:
    try:
        iterations_of(der)
    except ValueError:
        return False
    return True


def _decrypt(der: bytes, passphrase: bytes | None) -> Any:
    if not 0 < iterations_of(der) <= MAX_ITERATIONS:
        raise ValueError(
            f"ERR_OSSL_UNSUPPORTED the key is encrypted with other than 1 to {MAX_ITERATIONS:,} iterations"
        )
    return _decrypted(lambda: load_der_private_key(der, passphrase, unsafe_skip_rsa_key_validation=True), passphrase)


def _decrypted(load: Callable[[], Any], passphrase: bytes | None) -> Any:
    if passphrase is None:
        raise ValueError(INTERRUPTED)
    try:
        return load()
    except ValueError as error:
        raise ValueError("ERR_OSSL_BAD_DECRYPT error:1C800064:Provider routines::bad decrypt") from error


def _public(data: bytes, passphrase: bytes | None) -> Any:
    if data[:1] == b"{":
        return key_of_jwk(data)
    label, der, _pem = _unwrapped(data, PUBLIC_LABELS | PRIVATE_LABELS | {b"CERTIFICATE"})
    if label in PRIVATE_LABELS:
        return _private(data, passphrase)
    _refuse(der, MAX_KEY_BYTES)
    if label == b"CERTIFICATE":
        return load_der_x509_certificate(der).public_key()
    try:
        return load_der_public_key(der)
    except ValueError:
        if label:
            raise
        return _private(data, passphrase)


def _refuse(der: bytes, limit: int) -> None:
    if len(der) > limit or any(oid in der for oid in REFUSED_TYPES):
        raise ValueError(UNSUPPORTED)


def _unwrapped(data: bytes, labels: set[bytes]) -> tuple[bytes, bytes, bytes]:
    """Give label, content and whole of the first PEM block with one of the labels; what is no PEM is the content."""
    if b"-----BEGIN " not in data:
        return b"", data, b""
    for begin in PEM_BEGIN.finditer(data):
        if begin[1] in labels:
            end = data.find(b"-----END %b-----" % begin[1], begin.end())
            if end < 0:
                break
            return (
                begin[1],
                _content(data[begin.end() : end]),
                data[begin.start() : end] + b"-----END %b-----\n" % begin[1],
            )
    raise ValueError(UNSUPPORTED)


def _content(text: bytes) -> bytes:
    if b"DEK-Info" in text:
        return b""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(UNSUPPORTED) from error


def _check(key: PublicKey) -> None:
    """Refuse what takes longer than its size tells."""
    if isinstance(key, ec.EllipticCurvePublicKey) and all(key.curve.name != each.name for each in CURVES.values()):
        raise ValueError("ERR_CRYPTO_INVALID_CURVE Unsupported curve")
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS or numbers.e.bit_length() > 64 or numbers.n % 2 == 0:
            raise ValueError("ERR_OSSL_UNSUPPORTED RSA keys must have 512 to 8,192 bits and a small exponent")


def _check_numbers(own: rsa.RSAPrivateNumbers) -> None:
    p, q, d, e, n = own.p, own.q, own.d, own.public_numbers.e, own.public_numbers.n
    fits = (
        p > 1
        and q > 1
        and p * q == n
        and abs(p.bit_length() - q.bit_length()) <= 1
        and 0 < d < n
        and d % (p - 1) == own.dmp1
        and d % (q - 1) == own.dmq1
        and e * own.dmp1 % (p - 1) == 1
        and e * own.dmq1 % (q - 1) == 1
        and own.iqmp < p
        and own.iqmp * q % p == 1
    )
    if not fits:
        raise ValueError("ERR_OSSL_RSA_INVALID_KEY the numbers of the RSA key do not fit together")
