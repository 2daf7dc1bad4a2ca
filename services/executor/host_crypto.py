"""Asymmetric cryptography: keys in and out, encryption and agreement; signatures have a file of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from services.executor.host_arguments import Arguments, base64_of, choice_of, data_of, size_of, whole_of
from services.executor.host_ciphers import CIPHERS
from services.executor.host_derivation import DERIVATION
from services.executor.host_jwk import CURVES, jwk_of_key
from services.executor.host_keys import (
    MAX_PRIVATE_BYTES,
    PrivateKey,
    PublicKey,
    passphrase_of,
    private_key_of,
    public_key_of,
)
from services.executor.host_prices import DATA_BYTE_FUEL, FUEL_PER_MICROSECOND, MAX_CALL_FUEL, Priced
from services.executor.host_signatures import WRONG_KEY, decrypt_publicly, encrypt_privately, hash_of, sign, verify

MAX_MESSAGE_BYTES = 1024
RSA_PADDINGS = ("pkcs1", "oaep")
MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
    "x25519": x25519.X25519PrivateKey.generate,
    "x448": x448.X448PrivateKey.generate,
}
# What the slowest curve takes, which is found only when the key has been read; and a key of the most iterations.
PUBLIC_MICROSECONDS, PRIVATE_MICROSECONDS, ENCRYPTED_MICROSECONDS = 600, 1200, 25_000
# How the base64 of a PEM begins, which is itself base64.
PEM_BASE64 = "LS0t"
# What making an RSA key takes is chance; ten times the mean is rare.
RSA_FUEL = {1024: 300_000_000, 2048: MAX_CALL_FUEL}
TYPES: dict[str, tuple[type, type]] = {
    "rsa": (rsa.RSAPrivateKey, rsa.RSAPublicKey),
    "ec": (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey),
    "ed25519": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
    "ed448": (ed448.Ed448PrivateKey, ed448.Ed448PublicKey),
    "x25519": (x25519.X25519PrivateKey, x25519.X25519PublicKey),
    "x448": (x448.X448PrivateKey, x448.X448PublicKey),
}
# OpenSSL's names, which Node uses.
CURVE_NAMES = {"secp256r1": "prime256v1"}
PUBLIC_FORMATS = {"spki": PublicFormat.SubjectPublicKeyInfo, "pkcs1": PublicFormat.PKCS1}
PRIVATE_FORMATS = {
    "pkcs8": PrivateFormat.PKCS8,
    "pkcs1": PrivateFormat.TraditionalOpenSSL,
    "sec1": PrivateFormat.TraditionalOpenSSL,
}
ENCODINGS = {"pem": Encoding.PEM, "der": Encoding.DER}


def _der(key: PrivateKey | PublicKey) -> str:
    if isinstance(key, PrivateKey):
        return base64_of(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    return base64_of(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _described(key: PrivateKey | PublicKey) -> dict[str, Any]:
    """Give a key in the form in which the guest holds it, with what Node tells of it."""
    (kind,) = (kind for kind, types in TYPES.items() if isinstance(key, types))
    public = key.public_key() if isinstance(key, PrivateKey) else key
    details: dict[str, Any] = {}
    if isinstance(public, rsa.RSAPublicKey):
        details = {"modulusLength": public.key_size, "publicExponent": str(public.public_numbers().e)}
    elif isinstance(public, ec.EllipticCurvePublicKey):
        details = {"namedCurve": CURVE_NAMES.get(public.curve.name, public.curve.name)}
    return {"type": kind, "details": details, "key_base64": _der(key)}


def _read_private_key(arguments: Arguments) -> dict[str, Any]:
    return _described(private_key_of(arguments))


def _read_public_key(arguments: Arguments) -> dict[str, Any]:
    return _described(public_key_of(arguments))


def _write_private_key(arguments: Arguments) -> Any:
    # The passphrase is for what is written.
    key = private_key_of({"key_base64": arguments.get("key_base64")})
    passphrase = passphrase_of(arguments)
    if arguments.get("format") == "jwk":
        return jwk_of_key(key)
    encoding = ENCODINGS[choice_of(arguments, "format", ENCODINGS)]
    form = PRIVATE_FORMATS[_form_for(key, choice_of(arguments, "type", PRIVATE_FORMATS))]
    return base64_of(
        key.private_bytes(encoding, form, BestAvailableEncryption(passphrase) if passphrase else NoEncryption())
    )


def _form_for(key: PrivateKey | PublicKey, form: str) -> str:
    wanted = {"pkcs1": TYPES["rsa"], "sec1": TYPES["ec"]}.get(form)
    if wanted is not None and not isinstance(key, wanted):
        kind = "RSA" if form == "pkcs1" else "EC"
        raise ValueError(
            f"ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS The selected key encoding {form} can only be used for {kind} keys."
        )
    return form


def _write_public_key(arguments: Arguments) -> Any:
    key = public_key_of(arguments)
    if arguments.get("format") == "jwk":
        return jwk_of_key(key)
    encoding = ENCODINGS[choice_of(arguments, "format", ENCODINGS)]
    return base64_of(
        key.public_bytes(encoding, PUBLIC_FORMATS[_form_for(key, choice_of(arguments, "type", PUBLIC_FORMATS))])
    )


def _make_key(arguments: Arguments) -> str:
    kind = choice_of(arguments, "type", TYPES)
    if kind == "rsa":
        return _der(rsa.generate_private_key(65537, _bits(arguments)))
    if kind == "ec":
        return _der(ec.generate_private_key(CURVES[choice_of(arguments, "curve", CURVES)]))
    return _der(MAKERS[kind]())


def _bits(arguments: Arguments) -> int:
    bits = arguments.get("bits")
    if not isinstance(bits, int) or bits not in RSA_FUEL:
        raise ValueError("ERR_OUT_OF_RANGE RSA keys are made with 1024 or 2048 bits: larger ones take too long")
    return bits


def _make_key_price(arguments: Arguments) -> int:
    return RSA_FUEL[_bits(arguments)] if arguments.get("type") == "rsa" else 1500 * FUEL_PER_MICROSECOND


def _rsa_padding(arguments: Arguments) -> Any:
    if choice_of(arguments, "padding", RSA_PADDINGS) == "pkcs1":
        return padding.PKCS1v15()
    label = data_of(arguments, "label_base64", MAX_MESSAGE_BYTES) or None
    return padding.OAEP(padding.MGF1(hash_of(arguments)), hash_of(arguments), label)


def _encrypt(arguments: Arguments) -> str:
    key = public_key_of(arguments)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError(WRONG_KEY)  # noqa: TRY004 the guest is told as of any other refusal
    try:
        return base64_of(key.encrypt(data_of(arguments, "data_base64", MAX_MESSAGE_BYTES), _rsa_padding(arguments)))
    except ValueError as error:
        told = "ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE error:0200006E:rsa routines::data too large for key size"
        raise ValueError(told) from error


def _decrypt(arguments: Arguments) -> str:
    key = private_key_of(arguments)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(WRONG_KEY)  # noqa: TRY004 the guest is told as of any other refusal
    try:
        return base64_of(key.decrypt(data_of(arguments, "data_base64", MAX_MESSAGE_BYTES), _rsa_padding(arguments)))
    except ValueError as error:
        told = "ERR_OSSL_RSA_OAEP_DECODING_ERROR error:02000079:rsa routines::oaep decoding error"
        raise ValueError(told) from error


def _agree(arguments: Arguments) -> str:
    """Give the secret of a Diffie-Hellman agreement on a curve."""
    own, other = private_key_of(arguments), public_key_of(arguments, "other_base64")
    if isinstance(own, ec.EllipticCurvePrivateKey) and isinstance(other, ec.EllipticCurvePublicKey):
        return base64_of(own.exchange(ec.ECDH(), other))
    if isinstance(own, x25519.X25519PrivateKey) and isinstance(other, x25519.X25519PublicKey):
        return base64_of(own.exchange(other))
    if isinstance(own, x448.X448PrivateKey) and isinstance(other, x448.X448PublicKey):
        return base64_of(own.exchange(other))
    raise ValueError("ERR_CRYPTO_INCOMPATIBLE_KEY Incompatible key types for Diffie-Hellman")


def _point(arguments: Arguments) -> str:
    """Give a private number's key, or the key of a point, compressed or not."""
    curve = CURVES[choice_of(arguments, "curve", CURVES)]
    data = data_of(arguments, "data_base64", 256)
    if arguments.get("private") is True:
        return _der(
            ec.derive_private_key(whole_of({"number": int.from_bytes(data, "big")}, "number", 1, 2**521), curve)
        )
    return _der(ec.EllipticCurvePublicKey.from_encoded_point(curve, data))


def _fixed_price(microseconds: int) -> Callable[[Arguments], int]:
    def price(arguments: Arguments) -> int:
        encrypted = ENCRYPTED_MICROSECONDS if "passphrase_base64" in arguments else 0
        data = DATA_BYTE_FUEL * size_of(arguments, "data_base64", "signature_base64")
        return FUEL_PER_MICROSECOND * (microseconds + encrypted) + data

    return price


_public_price = _fixed_price(PUBLIC_MICROSECONDS)
_private_price = _fixed_price(PRIVATE_MICROSECONDS)


def _rsa_price(arguments: Arguments) -> int:
    """Give what an RSA key takes that has as many bits as so many bytes may hold, or the slowest curve."""
    text = arguments.get("key_base64")
    is_pem = isinstance(text, str) and text.startswith(PEM_BASE64)
    size = min(size_of(arguments, "key_base64") * 3 // (4 if is_pem else 3), MAX_PRIVATE_BYTES)
    return _private_price(arguments) + FUEL_PER_MICROSECOND * (600 * size**3 // 10**9)


CRYPTO = {
    **CIPHERS,
    **DERIVATION,
    "read_private_key": Priced(_read_private_key, _private_price),
    "read_public_key": Priced(_read_public_key, _public_price),
    "write_private_key": Priced(_write_private_key, _private_price),
    "write_public_key": Priced(_write_public_key, _public_price),
    "make_key": Priced(_make_key, _make_key_price),
    "point_key": Priced(_point, _private_price),
    "sign": Priced(sign, _rsa_price),
    "verify": Priced(verify, _public_price),
    "rsa_encrypt": Priced(_encrypt, _public_price),
    "rsa_decrypt": Priced(_decrypt, _rsa_price),
    "rsa_private_encrypt": Priced(encrypt_privately, _rsa_price),
    "rsa_public_decrypt": Priced(decrypt_publicly, _public_price),
    "agree": Priced(_agree, _private_price),
}
