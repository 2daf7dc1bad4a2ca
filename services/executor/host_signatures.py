"""Signatures: RSA (PKCS#1 v1.5 and PSS), ECDSA and EdDSA."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, decode_dss_signature, encode_dss_signature

from services.executor.host_arguments import Arguments, base64_of, choice_of, data_of, whole_of
from services.executor.host_keys import PrivateKey, PublicKey, private_key_of, public_key_of

MAX_DATA_BYTES = 8 * 1024 * 1024
MAX_SIGNATURE_BYTES = 2048
HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 the author's choice
    "sha1": hashes.SHA1(),  # noqa: S303 as above
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha512-224": hashes.SHA512_224(),
    "sha512-256": hashes.SHA512_256(),
    "sha3-224": hashes.SHA3_224(),
    "sha3-256": hashes.SHA3_256(),
    "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
}
PADDINGS = ("pkcs1", "pss")
# Node's names for the length of a salt: as long as the digest, as long as may be, whatever was used.
DIGEST, LONGEST = -1, -2
SALT_TOO_LONG = "ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE error:0200006E:rsa routines::data too large for key size"
DIGEST_TOO_LONG = "ERR_OSSL_RSA_DIGEST_TOO_BIG_FOR_RSA_KEY error:02000070:rsa routines::digest too big for rsa key"
WRONG_KEY = (
    "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE "
    "error:03000096:digital envelope routines::operation not supported for this keytype"
)


def hash_of(arguments: Arguments, name: str = "algorithm") -> Any:
    """Give a hash; without a name that which OpenSSL takes then. Raises ValueError."""
    found = HASHES.get(str(arguments.get(name)) or "sha256")
    if found is None:
        raise ValueError("ERR_CRYPTO_INVALID_DIGEST Invalid digest")
    return found


def sign(arguments: Arguments) -> str:
    """Sign data with a private key. Raises ValueError."""
    key, data = private_key_of(arguments), data_of(arguments, "data_base64", MAX_DATA_BYTES)
    return base64_of(_signature(key, data, arguments))


def verify(arguments: Arguments) -> bool:
    """Tell whether a signature is that of the data. Raises ValueError for what is no key."""
    key, data = public_key_of(arguments), data_of(arguments, "data_base64", MAX_DATA_BYTES)
    signature = data_of(arguments, "signature_base64", MAX_SIGNATURE_BYTES)
    try:
        _verify(key, signature, data, arguments)
    except InvalidSignature:
        return False
    return True


def _signature(key: PrivateKey, data: bytes, arguments: Arguments) -> bytes:
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        _refuse_hash(arguments)
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(data, ec.ECDSA(hash_of(arguments)))
        return _fixed(signature, key.curve) if _is_fixed(arguments) else signature
    if isinstance(key, rsa.RSAPrivateKey):
        digest = hash_of(arguments)
        return _rsa_signature(key, data, _padding(arguments, digest, longest=padding.PSS.MAX_LENGTH), digest)
    raise ValueError(WRONG_KEY)


def _rsa_signature(key: rsa.RSAPrivateKey, data: bytes, form: Any, digest: hashes.HashAlgorithm) -> bytes:
    try:
        return key.sign(data, form, digest)
    except ValueError as error:
        raise ValueError(SALT_TOO_LONG if isinstance(form, padding.PSS) else DIGEST_TOO_LONG) from error


def _verify(key: PublicKey, signature: bytes, data: bytes, arguments: Arguments) -> None:
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        _refuse_hash(arguments)
        key.verify(signature, data)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        der = _der(signature, key.curve) if _is_fixed(arguments) else signature
        key.verify(der, data, ec.ECDSA(hash_of(arguments)))
    elif isinstance(key, rsa.RSAPublicKey):
        digest = hash_of(arguments)
        key.verify(signature, data, _padding(arguments, digest, longest=padding.PSS.AUTO), digest)
    else:
        raise ValueError(WRONG_KEY)  # noqa: TRY004 the guest is told as of any other refusal


def _refuse_hash(arguments: Arguments) -> None:
    if arguments.get("algorithm") != "":
        raise ValueError("ERR_OSSL_INVALID_DIGEST error:1C80007A:Provider routines::invalid digest")


def _is_fixed(arguments: Arguments) -> bool:
    return arguments.get("encoding") == "ieee-p1363"


def _fixed(signature: bytes, curve: ec.EllipticCurve) -> bytes:
    size = (curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signature))


def _der(signature: bytes, curve: ec.EllipticCurve) -> bytes:
    size = (curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))


def _padding(arguments: Arguments, digest: hashes.HashAlgorithm, *, longest: Any) -> Any:
    if choice_of(arguments, "padding", PADDINGS) == "pkcs1":
        return padding.PKCS1v15()
    salt = whole_of(arguments, "salt_length", LONGEST, 1024)
    length = {DIGEST: padding.PSS.DIGEST_LENGTH, LONGEST: longest}.get(salt, salt)
    return padding.PSS(padding.MGF1(digest), length)


def encrypt_privately(arguments: Arguments) -> str:
    """Encrypt with a private RSA key, PKCS#1's type 1: what a signature is, without a digest. Raises ValueError."""
    key, data = private_key_of(arguments), data_of(arguments, "data_base64", MAX_SIGNATURE_BYTES)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(WRONG_KEY)  # noqa: TRY004 the guest is told as of any other refusal
    return base64_of(key.sign(data, padding.PKCS1v15(), NoDigestInfo()))


def decrypt_publicly(arguments: Arguments) -> str:
    """Decrypt what `encrypt_privately` gave. Raises ValueError."""
    key, data = public_key_of(arguments), data_of(arguments, "data_base64", MAX_SIGNATURE_BYTES)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError(WRONG_KEY)  # noqa: TRY004 the guest is told as of any other refusal
    try:
        return base64_of(key.recover_data_from_signature(data, padding.PKCS1v15(), None))
    except InvalidSignature as error:
        raise ValueError("ERR_OSSL_RSA_INVALID_PADDING error:0200008A:rsa routines::invalid padding") from error
