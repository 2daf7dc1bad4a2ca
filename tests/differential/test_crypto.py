"""Node's `crypto` and WebCrypto, against Node."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.differential.crypto_cases import OPERATIONS, WEB, WEB_CURVES, Case, der, new_keys, pem, text
from tests.differential.runtimes import Pair, suite
from tests.fuzz import fuzz

SUITE = suite("crypto")
KEYS = new_keys()
EC = ("prime256v1", "secp384r1", "secp521r1", "secp256k1")
DATA = text(b"what is signed")
OTHER = text(b"what is not")


def batches(cases: st.SearchStrategy[Case]) -> st.SearchStrategy[list[Case]]:
    return st.lists(cases, min_size=15, max_size=40)


@fuzz(15)
@given(cases=batches(OPERATIONS))
def test_hashes_ciphers_and_derivation(pair: Pair, cases: list[Case]) -> None:
    assert pair.differences(SUITE, cases) == []


@fuzz(10)
@given(cases=batches(WEB))
def test_webcrypto(pair: Pair, cases: list[Case]) -> None:
    assert pair.differences(SUITE, cases) == []


def key_cases() -> list[Case]:
    cases: list[Case] = []
    for name, key in KEYS.items():
        private, public = {"pem": pem(key, "private"), "side": "private"}, {"pem": pem(key, "public"), "side": "public"}
        cases += [("described", private), ("described", public), ("described", {**private, "side": "public"})]
        for form in ("pem", "der", "jwk"):
            for kind in ("pkcs8", "pkcs1", "sec1", "spki"):
                options = {"format": form, "type": kind}
                cases += [("exported", {**private, "options": options}), ("exported", {**public, "options": options})]
        if name == "rsa" or name in EC:
            cases.append(("described", {"pem": pem(key, "private", "traditional"), "side": "private"}))
        if name == "rsa":
            cases.append(("described", {"pem": pem(key, "public", "pkcs1"), "side": "public"}))
    return cases


def test_keys_in_and_out(pair: Pair) -> None:
    assert pair.differences(SUITE, key_cases()) == []


def test_keys_from_jwk(pair: Pair) -> None:
    asked = [{"pem": pem(key, side), "side": side} for key in KEYS.values() for side in ("private", "public")]
    written = pair.node.outcomes(SUITE, [("exported", {**each, "options": {"format": "jwk"}}) for each in asked])
    jwks = [dict(outcome["value"]["<object>"]) for outcome in written]
    options = {"format": "der", "type": "pkcs8"}, {"format": "der", "type": "spki"}
    cases: list[Case] = [
        ("exported", {"jwk": jwk, "side": each["side"], "options": options[each["side"] == "public"]})
        for jwk, each in zip(jwks, asked, strict=True)
    ]
    broken: list[Case] = [("described", {"jwk": {**jwk, "x": 7, "n": 7}, "side": "public"}) for jwk in jwks]
    assert pair.differences(SUITE, cases + broken) == []


def test_encrypted_keys(pair: Pair) -> None:
    forms = {"rsa": ("pkcs8", "pkcs1"), "prime256v1": ("pkcs8", "sec1"), "ed25519": ("pkcs8",)}
    sealed = {"format": "pem", "cipher": "aes-256-cbc", "passphrase": "secret"}
    asked: list[Case] = [
        ("exported", {"pem": pem(KEYS[name], "private"), "side": "private", "options": {**sealed, "type": kind}})
        for name, kinds in forms.items()
        for kind in kinds
    ]
    written = [*pair.node.outcomes(SUITE, asked), *pair.sandbox.outcomes(SUITE, asked)]
    again: list[Case] = [
        (
            "exported",
            {
                "pem": each["value"],
                "passphrase": word,
                "side": "private",
                "options": {"format": "pem", "type": "pkcs8"},
            },
        )
        for each in written
        for word in ("secret", "wrong", None)
    ]
    assert len({each["value"] for each in written}) == 2 * len(asked)
    # Of 256 wrong passphrases one leaves a padding that looks right: then it is the key that is refused.
    differences = [each for each in pair.differences(SUITE, again) if not each.is_of_errors]
    assert differences == []


def schemes() -> list[tuple[str, dict[str, Any]]]:
    """Every way to sign, with the name of its key."""
    found: list[tuple[str, dict[str, Any]]] = [
        ("rsa", {"algorithm": hash_name, "padding": padding, **salt})
        for hash_name in ("sha1", "sha256", "sha384", "RSA-SHA512", "md5")
        for padding, salt in (
            (None, {}),
            ("RSA_PKCS1_PSS_PADDING", {}),
            ("RSA_PKCS1_PSS_PADDING", {"saltLength": -1}),
            ("RSA_PKCS1_PSS_PADDING", {"saltLength": 20}),
        )
    ]
    found += [
        (curve, {"algorithm": hash_name, "dsaEncoding": encoding})
        for curve in EC
        for hash_name in ("sha256", "sha512", "sha1")
        for encoding in ("der", "ieee-p1363")
    ]
    return found


def crossed(pair: Pair, signing: Sequence[Case], verifying: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Let each runtime verify what the other signed, and something that was not signed."""
    for signer, verifier in ((pair.sandbox, pair.node), (pair.node, pair.sandbox)):
        signed = [each["value"] for each in signer.outcomes(SUITE, signing)]
        signatures = [each if isinstance(each, str) else text(bytes.fromhex(each["<Buffer>"][0])) for each in signed]
        cases = [
            (way, {**given, "signature": signature, "data": each})
            for (way, given), signature in zip(verifying, signatures, strict=True)
            for each in (DATA, OTHER)
        ]
        assert [each.get("value") for each in verifier.outcomes(SUITE, cases)] == [True, False] * len(signing)


@pytest.mark.parametrize("kind", ["", "streamed"])
def test_signatures_hold_on_the_other_side(pair: Pair, kind: str) -> None:
    signing, verifying = "streamedSign" if kind else "sign", "streamedVerify" if kind else "verify"
    ways = schemes() if kind else [*schemes(), ("ed25519", {"algorithm": None}), ("ed448", {"algorithm": None})]
    crossed(
        pair,
        [(signing, {**given, "pem": pem(KEYS[name], "private"), "data": DATA}) for name, given in ways],
        [(verifying, {**given, "pem": pem(KEYS[name], "public")}) for name, given in ways],
    )


def test_signatures_that_are_determined(pair: Pair) -> None:
    ways = [(name, given) for name, given in schemes() if name == "rsa" and given["padding"] is None]
    ways += [("ed25519", {"algorithm": None}), ("ed448", {"algorithm": None}), ("ed25519", {"algorithm": "sha256"})]
    ways += [
        ("x25519", {"algorithm": None}),
        ("rsa", {"algorithm": "sha512", "saltLength": 250, "padding": "RSA_PKCS1_PSS_PADDING"}),
    ]
    cases: list[Case] = [("sign", {**given, "pem": pem(KEYS[name], "private"), "data": DATA}) for name, given in ways]
    malformed: list[Case] = [
        (
            "verify",
            {"algorithm": "sha256", "pem": pem(KEYS[name], "public"), "data": DATA, "signature": signature, **more},
        )
        for name, more in [
            ("rsa", {}),
            *((curve, {"dsaEncoding": each}) for curve in EC for each in ("der", "ieee-p1363")),
        ]
        for signature in ("", "AAAA", text(bytes(128)), text(bytes(64)))
    ]
    assert pair.differences(SUITE, cases + malformed) == []


def web_schemes() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every way that WebCrypto signs: the key's name, what its import says, what the call says."""
    found: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("rsa", {"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"}, {"name": "RSASSA-PKCS1-v1_5"}),
        ("rsa", {"name": "RSA-PSS", "hash": "SHA-384"}, {"name": "RSA-PSS", "saltLength": 32}),
        ("ed25519", {"name": "Ed25519"}, {"name": "Ed25519"}),
    ]
    return found + [
        (curve, {"name": "ECDSA", "namedCurve": name}, {"name": "ECDSA", "hash": "SHA-256"})
        for curve, name in WEB_CURVES.items()
    ]


def test_web_signatures_and_keys(pair: Pair) -> None:
    def key(name: str, own: dict[str, Any], side: str) -> dict[str, Any]:
        uses = ["sign"] if side == "private" else ["verify"]
        return {"der": der(KEYS[name], side), "side": side, "key": own, "uses": uses}

    ways = web_schemes()
    crossed(
        pair,
        [("webSign", {**key(name, own, "private"), "algorithm": said, "data": DATA}) for name, own, said in ways],
        [("webVerify", {**key(name, own, "public"), "algorithm": said}) for name, own, said in ways],
    )
    cases: list[Case] = [
        ("webExported", {**key(name, own, side), "format": form})
        for name, own, _said in ways
        for side in ("private", "public")
        for form in ("jwk", "raw", "spki", "pkcs8")
    ]
    # A key of another type than is said, for another use, of another curve.
    cases += [
        ("webExported", {**key("rsa", {"name": "ECDSA", "namedCurve": "P-256"}, "public"), "format": "jwk"}),
        ("webExported", {**key("secp384r1", {"name": "ECDSA", "namedCurve": "P-256"}, "public"), "format": "jwk"}),
        ("webExported", {**key("ed25519", {"name": "Ed25519"}, "public"), "uses": ["sign"], "format": "jwk"}),
        ("webExported", {**key("ed25519", {"name": "Ed25519"}, "private"), "uses": [], "format": "jwk"}),
        ("webExported", {**key("rsa", {"name": "nothing"}, "public"), "format": "jwk"}),
    ]
    assert pair.differences(SUITE, cases) == []


def test_rsa_encryption_is_read_on_the_other_side(pair: Pair) -> None:
    private, public = pem(KEYS["rsa"], "private"), pem(KEYS["rsa"], "public")
    options = [{}, {"oaepHash": "sha256"}, {"oaepHash": "sha256", "oaepLabel": "label"}]
    for one, other in ((pair.sandbox, pair.node), (pair.node, pair.sandbox)):
        sealed = one.outcomes(SUITE, [("publicEncrypt", {"pem": public, "data": DATA, **each}) for each in options])
        given = [text(bytes.fromhex(each["value"]["<Buffer>"][0])) for each in sealed]
        cases = [
            ("privateDecrypt", {"pem": private, "data": each, **more})
            for each, more in zip(given, options, strict=True)
        ]
        opened = [each["value"]["<Buffer>"][0] for each in other.outcomes(SUITE, cases)]
        assert opened == [base64.b64decode(DATA).hex()] * len(options)


def test_agreement(pair: Pair) -> None:
    others = new_keys()
    cases: list[Case] = [
        ("agree", {"own": pem(KEYS[name], "private"), "other": pem(others[name], "public")})
        for name in (*EC, "x25519", "x448")
    ]
    cases += [("agree", {"own": pem(KEYS["x25519"], "private"), "other": pem(KEYS["prime256v1"], "public")})]
    cases += [
        ("ecdh", {"curve": curve, "own": text(bytes([0, 1, 2, 3])), "other": text(bytes([9] * 20)), "format": form})
        for curve in EC
        for form in ("compressed", "uncompressed", "hybrid", "none")
    ]
    assert pair.differences(SUITE, cases) == []


def test_what_is_refused_and_how(pair: Pair) -> None:
    source = suite("crypto-errors")
    (names,) = (each["value"] for each in pair.node.outcomes(source, [None]))
    assert pair.differences(source, names) == []
