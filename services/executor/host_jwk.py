"""Keys as JSON Web Keys (RFC 7517, 7518, 8037)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}
OKP: dict[str, tuple[Any, Any]] = {
    "Ed25519": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
    "Ed448": (ed448.Ed448PrivateKey, ed448.Ed448PublicKey),
    "X25519": (x25519.X25519PrivateKey, x25519.X25519PublicKey),
    "X448": (x448.X448PrivateKey, x448.X448PublicKey),
}
RSA_NUMBERS = ("d", "p", "q", "dp", "dq", "qi")
INVALID = "ERR_CRYPTO_INVALID_JWK Invalid JWK data"

Jwk = Mapping[str, Any]


def key_of_jwk(text: bytes) -> Any:
    """Read a JWK, a private key where it has the private part. Raises ValueError."""
    try:
        jwk: Any = json.loads(text)
    except (RecursionError, ValueError) as error:
        raise ValueError(INVALID) from error
    if not isinstance(jwk, dict):
        raise ValueError(INVALID)  # noqa: TRY004 the guest is told as of any other refusal
    return _key(cast("dict[str, Any]", jwk))


def _key(jwk: Jwk) -> Any:
    match jwk.get("kty"):
        case "RSA":
            return _rsa(jwk)
        case "EC":
            return _ec(jwk)
        case "OKP":
            return _okp(jwk)
        case _:
            raise ValueError("ERR_CRYPTO_INVALID_JWK Unsupported JWK Key Type.")


def _bytes(jwk: Jwk, name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise ValueError(INVALID)  # noqa: TRY004 as above
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(jwk: Jwk, name: str) -> int:
    return int.from_bytes(_bytes(jwk, name), "big")


def _rsa(jwk: Jwk) -> Any:
    public = rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n"))
    if "d" not in jwk:
        return public.public_key()
    d, p, q, dp, dq, qi = (_number(jwk, name) for name in RSA_NUMBERS)
    numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _ec(jwk: Jwk) -> Any:
    curve = CURVES.get(str(jwk.get("crv")))
    if curve is None:
        raise ValueError("ERR_CRYPTO_INVALID_CURVE Invalid EC curve name")
    public = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve)
    if "d" not in jwk:
        return public.public_key()
    return ec.EllipticCurvePrivateNumbers(_number(jwk, "d"), public).private_key()


def _okp(jwk: Jwk) -> Any:
    private, public = OKP.get(str(jwk.get("crv")), (None, None))
    if private is None or public is None:
        raise ValueError("ERR_CRYPTO_INVALID_CURVE Invalid OKP curve name")
    return private.from_private_bytes(_bytes(jwk, "d")) if "d" in jwk else public.from_public_bytes(_bytes(jwk, "x"))


def jwk_of_key(key: Any) -> dict[str, str]:
    """Write a key as a JWK, its members in the order in which Node writes them."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _rsa_members(key)
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _text(numbers.n), "e": _text(numbers.e)}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        return {**_point(key.public_key()), "d": _text(key.private_numbers().private_value, size)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _point(key)
    return _okp_members(key)


def _rsa_members(key: rsa.RSAPrivateKey) -> dict[str, str]:
    own = key.private_numbers()
    members = zip(RSA_NUMBERS, (own.d, own.p, own.q, own.dmp1, own.dmq1, own.iqmp), strict=True)
    return {**jwk_of_key(key.public_key()), **{name: _text(value) for name, value in members}}


def _point(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    (name,) = (name for name, curve in CURVES.items() if curve.name == key.curve.name)
    size, numbers = (key.curve.key_size + 7) // 8, key.public_numbers()
    return {"kty": "EC", "x": _text(numbers.x, size), "y": _text(numbers.y, size), "crv": name}


def _okp_members(key: Any) -> dict[str, str]:
    (kinds,) = (kinds for kinds in OKP.items() if isinstance(key, kinds[1]))
    name, (private, _public) = kinds
    if isinstance(key, private):
        return {"crv": name, "d": _encoded(key.private_bytes_raw()), "x": _raw(key.public_key()), "kty": "OKP"}
    return {"crv": name, "x": _raw(key), "kty": "OKP"}


def _raw(key: Any) -> str:
    return _encoded(key.public_bytes_raw())


def _text(number: int, size: int = 0) -> str:
    return _encoded(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
