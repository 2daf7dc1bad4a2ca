"""Ciphers, keys and derivation on the host: bounded, and paid before they run."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from services.executor.host_crypto import CRYPTO
from services.executor.host_encrypted_keys import PBES2, PBKDF2, iterations_of
from services.executor.host_functions import answer_host_call, call_host_function, price_of
from services.executor.host_jwk import jwk_of_key
from services.executor.host_prices import FUEL_PER_MICROSECOND, MAX_CALL_FUEL
from tests.fuzz import fuzz

RSA = rsa.generate_private_key(65537, 1024)
P256 = ec.generate_private_key(ec.SECP256R1())
SIGNING = {"algorithm": "sha256", "padding": "pkcs1", "data_base64": "YQ=="}
SECRETS = {"secret_base64": "YQ==", "salt_base64": "YQ==", "algorithm": "sha256"}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def der(key: Any) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def called(name: str, **arguments: Any) -> Any:
    return call_host_function(name, arguments)[0]


def bytes_of(name: str, **arguments: Any) -> bytes:
    return base64.b64decode(called(name, **arguments))


# --- keys ------------------------------------------------------------------------------------------------------------
def test_the_numbers_of_an_rsa_key_must_fit_together() -> None:
    whole = jwk_of_key(RSA)
    for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"):
        number = int.from_bytes(base64.urlsafe_b64decode(whole[name] + "=="), "big")
        for wrong in (number + 2, number * 2**64 + 1, 1, 0):
            text = base64.urlsafe_b64encode(wrong.to_bytes(600, "big")).decode()
            key = encoded(json.dumps({**whole, name: text}).encode())
            with pytest.raises(ValueError, match="ERR_"):
                called("sign", key_base64=key, **SIGNING)
    assert called("sign", key_base64=encoded(json.dumps(whole).encode()), **SIGNING)


def public_der(n: int, e: int) -> str:
    key = rsa.RSAPublicNumbers(e, n).public_key()
    return encoded(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    "key",
    [
        public_der(2**8192 + 1, 65537),
        public_der(2**511 + 2, 65537),
        public_der(2**2047 + 1, 2**64 + 1),
        encoded(der(dsa.generate_private_key(1024))),
        encoded(der(ec.generate_private_key(ec.BrainpoolP256R1()))),
        encoded(bytes(16 * 1024 + 1)),
        encoded(b"\x30" * 100),
        encoded(b"-----BEGIN PRIVATE KEY-----\n" * 500),
        encoded(b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"),
        encoded(b'{"a":' * 3000),
        encoded(b'{"kty":"RSA","n":7,"e":7}'),
        encoded(b'{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}'),
        encoded(b'{"kty":"OKP","crv":"Ed25519","x":"AQ"}'),
        encoded(b'{"kty":["RSA"]}'),
        encoded(b"[]"),
        encoded(b""),
        "no base64!",
        7,
        None,
    ],
    ids=[
        "too many bits",
        "too few bits",
        "too large an exponent",
        "DSA",
        "another curve",
        "too long",
        "cut DER",
        "headers alone",
        "no base64 in PEM",
        "nested JSON",
        "JWK of numbers",
        "JWK of no point",
        "JWK of no key",
        "JWK of another form",
        "a list",
        "nothing",
        "no base64",
        "a number",
        "null",
    ],
)
@pytest.mark.parametrize("name", ["read_private_key", "read_public_key", "verify"])
def test_what_is_no_key_is_refused(name: str, key: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 base64 words it in its own way
        call_host_function(name, {**SIGNING, "key_base64": key, "signature_base64": "YQ=="})


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, 0x82, *len(content).to_bytes(2, "big")]) + content


def encrypted_key(iterations: int) -> bytes:
    salt, number = tlv(0x04, bytes(8)), tlv(0x02, iterations.to_bytes(5, "big"))
    function = tlv(0x30, tlv(0x06, PBKDF2), tlv(0x30, salt, number))
    return tlv(0x30, tlv(0x30, tlv(0x06, PBES2), tlv(0x30, function)), tlv(0x04, bytes(64)))


def test_an_encrypted_key_asks_for_no_more_work_than_is_paid() -> None:
    sealed = P256.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    asked = {"key_base64": encoded(sealed), "passphrase_base64": encoded(b"secret")}
    assert iterations_of(sealed) == 2048
    assert called("read_private_key", **asked)["type"] == "ec"
    assert iterations_of(encrypted_key(2**31)) == 2**31
    for iterations in (0, 100_001, 2**31):
        with pytest.raises(ValueError, match="iterations"):
            called("read_private_key", **{**asked, "key_base64": encoded(encrypted_key(iterations))})
    body = base64.encodebytes(encrypted_key(2**31))
    disguised = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n%s\n%s-----END ENCRYPTED PRIVATE KEY-----\n"
    for headers in (b"", b"DEK-Info: AES-256-CBC,00"):
        with pytest.raises(ValueError, match="ERR_OSSL_UNSUPPORTED"):
            called("read_private_key", **{**asked, "key_base64": encoded(disguised % (headers, body))})
    with pytest.raises(ValueError, match="ERR_OSSL_UNSUPPORTED"):
        called("write_private_key", **asked, format="pem", type="pkcs8")
    assert price_of("read_private_key", asked) > 100_000 * 0.2 * FUEL_PER_MICROSECOND


@fuzz(200)
@given(st.binary(max_size=40) | st.integers(0, 60).map(lambda end: encrypted_key(2048)[:end]))
def test_work_is_read_from_whole_keys_alone(key: bytes) -> None:
    with pytest.raises(ValueError, match="ERR_OSSL_UNSUPPORTED"):
        iterations_of(key)


# --- ciphers ---------------------------------------------------------------------------------------------------------
@fuzz(60)
@given(
    key=st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    iv=st.binary(min_size=8, max_size=40),
    aad=st.binary(max_size=40),
    parts=st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5),
)
def test_parts_of_gcm_make_the_whole(key: bytes, iv: bytes, aad: bytes, parts: list[bytes]) -> None:
    whole = AESGCM(key).encrypt(iv, b"".join(parts), aad)
    fixed = {"mode": "gcm", "key_base64": encoded(key), "iv_base64": encoded(iv)}
    for decrypt, source, result in ((False, b"".join(parts), whole[:-16]), (True, whole[:-16], b"".join(parts))):
        at, given_back = 0, b""
        for part in parts:
            sent = {"data_base64": encoded(source[at : at + len(part)]), "offset": at, "decrypt": decrypt}
            given_back += bytes_of("aes", **fixed, **sent, aad_base64=encoded(aad))[: len(part)]
            at += len(part)
        assert given_back == result
        all_at_once = {"data_base64": encoded(source), "offset": 0, "decrypt": decrypt, "aad_base64": encoded(aad)}
        assert bytes_of("aes", **fixed, **all_at_once)[-16:] == whole[-16:]


@pytest.mark.parametrize("offset", [0, 5, 16, 40])
def test_a_counter_wraps_in_its_own_bits_alone(offset: int) -> None:
    args = {"mode": "ctr", "key_base64": encoded(bytes(16)), "data_base64": encoded(bytes(64 - offset))}
    start = bytes.fromhex("00112233445566778899aabbfffffffe")
    streams = [
        bytes_of("aes", **{**args, "data_base64": encoded(bytes(32))}, iv_base64=encoded(each), offset=0)
        for each in (start, bytes.fromhex("00112233445566778899aabb00000000"))
    ]
    wrapped = bytes_of("aes", **args, iv_base64=encoded(start), offset=offset, counter_bits=32)
    assert wrapped == b"".join(streams)[offset:]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "cfb"},
        {"key_base64": encoded(bytes(15))},
        {"iv_base64": encoded(bytes(12))},
        {"mode": "gcm", "iv_base64": encoded(bytes(7))},
        {"mode": "gcm", "iv_base64": encoded(bytes(129))},
        {"data_base64": encoded(bytes(17)), "mode": "cbc"},
        {"offset": -1},
        {"offset": 2**40},
        {"offset": True},
        {"counter_bits": 0},
        {"counter_bits": 129},
    ],
    ids=str,
)
def test_what_is_no_cipher_is_refused(wrong: dict[str, object]) -> None:
    right = {
        "mode": "ctr",
        "key_base64": encoded(bytes(16)),
        "iv_base64": encoded(bytes(16)),
        "data_base64": "",
        "offset": 0,
    }
    call_host_function("aes", right)
    with pytest.raises(ValueError):  # noqa: PT011 base64 words it in its own way
        call_host_function("aes", {**right, **wrong})


# --- prices ----------------------------------------------------------------------------------------------------------
SCRYPT = {"cost": 2, "block_size": 8, "parallelization": 10, "length": 32}


@pytest.mark.parametrize(
    ("name", "cheap", "more"),
    [
        ("pbkdf2", {"iterations": 1000, "length": 32}, {"length": 64}),
        ("pbkdf2", {"iterations": 1000, "length": 32}, {"iterations": 3000}),
        ("pbkdf2", {"iterations": 1, "length": 9999}, {"salt_base64": encoded(bytes(9999))}),
        ("scrypt", SCRYPT, {"cost": 1024}),
        ("scrypt", SCRYPT, {"length": 9999}),
        ("scrypt", SCRYPT, {"salt_base64": encoded(bytes(9999))}),
        ("hkdf", {"length": 32}, {"length": 3200}),
        ("aes", {"data_base64": encoded(bytes(10))}, {"data_base64": encoded(bytes(10_000))}),
        ("aes", {"data_base64": ""}, {"aad_base64": encoded(bytes(10_000))}),
        ("sign", {"key_base64": encoded(bytes(1200))}, {"key_base64": encoded(bytes(2400))}),
        ("make_key", {"type": "ec", "curve": "P-521"}, {"type": "rsa", "bits": 1024}),
    ],
)
def test_more_work_has_a_higher_price(name: str, cheap: dict[str, Any], more: dict[str, Any]) -> None:
    assert 0 < price_of(name, {**SECRETS, **cheap}) < price_of(name, {**SECRETS, **cheap, **more})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("pbkdf2", {**SECRETS, "iterations": 2**31 - 1, "length": 1}),
        ("pbkdf2", {**SECRETS, "iterations": 10_000, "length": 65_536}),
        ("pbkdf2", {**SECRETS, "iterations": 2**31, "length": 1}),
        ("pbkdf2", {**SECRETS, "iterations": 1, "length": 65_537}),
        ("pbkdf2", {**SECRETS, "iterations": 1, "length": 1, "algorithm": "none"}),
        ("scrypt", {**SECRETS, "cost": 2**20, "block_size": 8, "parallelization": 1, "length": 1}),
        ("scrypt", {**SECRETS, "cost": 2, "block_size": 1, "parallelization": 100_000, "length": 65_536}),
        ("scrypt", {**SECRETS, "cost": 3, "block_size": 1, "parallelization": 1, "length": 1}),
        ("make_key", {"type": "rsa", "bits": 4096}),
        ("make_key", {"type": "rsa", "bits": [2048]}),
    ],
)
def test_no_call_costs_more_than_one_may(name: str, arguments: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"ERR_|must be"):
        price_of(name, arguments)


def test_what_an_event_cannot_pay_does_not_run() -> None:
    ran: list[str] = []

    def call(name: str, arguments: Mapping[str, Any]) -> tuple[Any, int]:
        ran.append(name)
        return call_host_function(name, arguments)

    arguments = {**SECRETS, "iterations": 10_000, "length": 32}
    request = json.dumps({"name": "pbkdf2", "args": arguments}).encode()
    price = price_of("pbkdf2", arguments)
    _answer, fuel = answer_host_call(request, call, price)
    assert fuel > price
    assert ran == []
    answer, same = answer_host_call(request, call, fuel)
    assert (same, ran) == (fuel, ["pbkdf2"])
    assert json.loads(answer) == {"value": encoded(hashlib.pbkdf2_hmac("sha256", b"a", b"a", 10_000, 32))}


def test_what_stands_around_a_key_is_not_paid() -> None:
    pem = b"-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n" % base64.encodebytes(der(RSA))
    alone = {"key_base64": encoded(pem), **SIGNING}
    among_others = {"key_base64": encoded(pem + b"-----BEGIN CERTIFICATE-----\n" * 500), **SIGNING}
    assert called("sign", **alone) == called("sign", **among_others)
    assert price_of("sign", alone) < 1.2 * price_of("sign", {"key_base64": encoded(der(RSA)), **SIGNING})
    assert price_of("sign", among_others) < MAX_CALL_FUEL


def test_what_fails_is_paid_as_well() -> None:
    arguments = {"key_base64": encoded(der(RSA)), "padding": "oaep", "algorithm": "sha1", "label_base64": ""}
    arguments["data_base64"] = encoded(bytes(128))
    answer, fuel = answer_host_call(json.dumps({"name": "rsa_decrypt", "args": arguments}).encode(), call_host_function)
    assert json.loads(answer)["error"].startswith("ERR_OSSL_RSA_OAEP_DECODING_ERROR")
    assert fuel > price_of("rsa_decrypt", arguments)


# --- whatever a guest sends ------------------------------------------------------------------------------------------
BASE64 = st.sampled_from(
    [
        "",
        "YQ==",
        "!",
        encoded(bytes(16)),
        encoded(bytes(12)),
        encoded(bytes(1000)),
        encoded(der(RSA)),
        encoded(der(P256)),
    ]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ("key_base64", "other_base64", "data_base64", "signature_base64", "iv_base64", "aad_base64", "label_base64"),
        BASE64,
    ),
    **dict.fromkeys(("secret_base64", "salt_base64", "info_base64", "passphrase_base64"), BASE64),
    "algorithm": st.sampled_from(["sha256", "sha512-256", "", "none"]),
    "padding": st.sampled_from(["pkcs1", "pss", "oaep"]),
    "mode": st.sampled_from(["cbc", "ctr", "ecb", "gcm"]),
    "type": st.sampled_from(["rsa", "ec", "ed25519", "pkcs8", "spki", "pkcs1", "sec1"]),
    "format": st.sampled_from(["pem", "der", "jwk"]),
    "encoding": st.sampled_from(["der", "ieee-p1363"]),
    "curve": st.sampled_from(["P-256", "P-521", "P-1"]),
    "private": st.booleans(),
    "decrypt": st.booleans(),
    **dict.fromkeys(("iterations", "length", "salt_length", "offset", "counter_bits"), st.integers(-3, 200)),
    **dict.fromkeys(("cost", "block_size", "parallelization", "bits"), st.integers(0, 64)),
}
ODD = (
    st.none() | st.booleans() | st.floats() | st.lists(st.integers(), max_size=2) | st.integers() | st.text(max_size=5)
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    arguments = draw(st.fixed_dictionaries({}, optional=VALUES))
    for name in draw(st.lists(st.sampled_from([*VALUES]), max_size=2)):
        arguments[name] = draw(ODD)
    return draw(st.sampled_from([*CRYPTO])), arguments


@fuzz(200)
@given(request=requests())
def test_any_call_is_answered_or_refused_and_paid(request: tuple[str, dict[str, Any]]) -> None:
    text = json.dumps({"name": request[0], "args": request[1]}).encode()
    answer, fuel = answer_host_call(text, call_host_function, 10**12)
    told = json.loads(answer)
    assert told.keys() in ({"value"}, {"error"})
    assert 0 < fuel < 2 * MAX_CALL_FUEL
    assert len(answer) < 300_000
