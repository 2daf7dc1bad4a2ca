"""Random cases of the suite `crypto`."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import strategies as st

HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "SHA512", "RSA-SHA256", "sha512-256", "sha3-256")
ENCODINGS = (None, "hex", "base64", "base64url", "latin1", "utf8")
# Pieces of what is no text are cut in other places.
CIPHER_ENCODINGS = tuple(each for each in ENCODINGS if each != "utf8")
CURVES = {"prime256v1": ec.SECP256R1(), "secp384r1": ec.SECP384R1(), "secp521r1": ec.SECP521R1()}
WEB_CURVES = {"prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
WEB_HASHES = ("SHA-1", "SHA-256", "SHA-384", "SHA-512")

Case = tuple[str, dict[str, Any]]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data(least: int = 0, most: int = 80) -> st.SearchStrategy[str]:
    """Bytes as they travel."""
    return st.binary(min_size=least, max_size=most).map(text)


PARTS = st.lists(data(most=40), max_size=5)


def case(way: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    return st.tuples(st.just(way), st.fixed_dictionaries(fields))


@st.composite
def ciphers(draw: st.DrawFn, way: str) -> Case:
    """A message through AES; the key or the vector is wrong at times."""
    bits, mode = draw(st.sampled_from([128, 192, 256])), draw(st.sampled_from(["cbc", "ctr", "ecb", "gcm"]))
    key_bytes = draw(st.sampled_from([bits // 8] * 12 + [15]))
    iv = st.none() if mode == "ecb" else data(8, 40) if mode == "gcm" else data(16, 16)
    given = {
        "name": f"aes-{bits}-{mode}",
        "key": draw(data(key_bytes, key_bytes)),
        "iv": draw(iv | data(12, 12)),
        "aad": draw(data()) if mode == "gcm" else None,
        "parts": draw(PARTS),
        "padding": draw(st.sampled_from([True, True, True, False])),
        "output": draw(st.sampled_from(CIPHER_ENCODINGS)),
    }
    if way == "encrypt":
        return way, {**given, "input": draw(st.sampled_from([None, "hex", "base64"]))}
    if way == "decrypt":
        return way, {**given, "tag": draw(st.none() | data(12, 16))}
    cuts = draw(st.lists(st.floats(0, 1), max_size=4))
    if draw(st.booleans()):
        words = draw(st.lists(st.text(max_size=20).map(lambda word: text(word.encode())), max_size=4))
        return way, {**given, "cuts": cuts, "parts": words, "output": "utf8"}
    return way, {**given, "cuts": cuts}


HASHED = case("hashed", name=st.sampled_from(HASHES), parts=PARTS, encoding=st.sampled_from(ENCODINGS)) | case(
    "hashed", name=st.sampled_from(HASHES), key=data(most=200), parts=PARTS, encoding=st.sampled_from(ENCODINGS)
)
DERIVED = st.one_of(
    case(
        "pbkdf2",
        password=data(),
        salt=data(),
        iterations=st.integers(1, 50) | st.sampled_from([0, -1, 1.5, "1"]),
        length=st.integers(1, 200),
        digest=st.sampled_from([*HASHES, "none"]),
    ),
    case(
        "scrypt",
        password=data(),
        salt=data(),
        length=st.integers(0, 200),
        options=st.fixed_dictionaries(
            {"N": st.sampled_from([2, 16, 64, 3]), "r": st.integers(1, 8), "p": st.integers(1, 3)}
        ),
    ),
    case(
        "hkdf",
        digest=st.sampled_from([*HASHES, "none"]),
        ikm=data(),
        salt=data(),
        info=data(most=200),
        length=st.integers(0, 300) | st.sampled_from([255 * 32, 255 * 64 + 1]),
    ),
)
OPERATIONS = st.one_of(HASHED, DERIVED, ciphers("encrypt"), ciphers("decrypt"), ciphers("around"))


def _web_cipher(way: str) -> st.SearchStrategy[Case]:
    key = st.sampled_from([16, 24, 32]).flatmap(lambda size: data(size, size))
    iv16 = st.sampled_from([16] * 9 + [15]).flatmap(lambda size: data(size, size))
    gcm = st.fixed_dictionaries(
        {"name": st.just("AES-GCM"), "iv": data(12, 20)},
        optional={"additionalData": data(), "tagLength": st.sampled_from([96, 104, 128, 128, 100])},
    )
    cbc = st.fixed_dictionaries({"name": st.sampled_from(["AES-CBC", "aes-cbc"]), "iv": iv16})
    ctr = st.fixed_dictionaries(
        {"name": st.just("AES-CTR"), "counter": iv16, "length": st.sampled_from([1, 8, 64, 128])}
    )
    return case(way, key=key, algorithm=gcm | cbc | ctr, data=data())


WEB = st.one_of(
    case("digest", name=st.sampled_from([*WEB_HASHES, "sha-256", "MD5"]), data=data()),
    _web_cipher("sealed"),
    _web_cipher("opened"),
    case(
        "mac",
        key=data(),
        algorithm=st.fixed_dictionaries({"name": st.just("HMAC"), "hash": st.sampled_from(WEB_HASHES)}),
        data=data(),
    ),
    case(
        "bits",
        key=data(),
        algorithm=st.fixed_dictionaries(
            {
                "name": st.just("PBKDF2"),
                "hash": st.sampled_from(WEB_HASHES),
                "salt": data(),
                "iterations": st.integers(0, 9),
            }
        ),
        length=st.sampled_from([8, 128, 512, 7, 0]),
    ),
    case(
        "bits",
        key=data(),
        algorithm=st.fixed_dictionaries(
            {"name": st.just("HKDF"), "hash": st.sampled_from(WEB_HASHES), "salt": data(), "info": data()}
        ),
        length=st.sampled_from([8, 128, 512, 7]),
    ),
)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def pem(key: Any, side: str, form: str = "") -> str:
    """A key's PEM, in PKCS#8 and SPKI where nothing else is asked for."""
    if side == "public":
        kind = PublicFormat.PKCS1 if form else PublicFormat.SubjectPublicKeyInfo
        return key.public_key().public_bytes(Encoding.PEM, kind).decode()
    kind = PrivateFormat.TraditionalOpenSSL if form else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, kind, NoEncryption()).decode()


def der(key: Any, side: str) -> str:
    """The base64 of a key's DER."""
    return "".join(pem(key, side).splitlines()[1:-1])


def new_keys() -> dict[str, Any]:
    """A key of each type."""
    return {
        "rsa": rsa.generate_private_key(65537, 2048),
        **{name: ec.generate_private_key(curve) for name, curve in CURVES.items()},
        "secp256k1": ec.generate_private_key(ec.SECP256K1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "ed448": ed448.Ed448PrivateKey.generate(),
        "x25519": x25519.X25519PrivateKey.generate(),
        "x448": x448.X448PrivateKey.generate(),
    }
