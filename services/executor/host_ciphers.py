"""AES, a part of a message at a time: the guest keeps where it is, so that the host keeps nothing between calls."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR, ECB, GCM

from services.executor.host_arguments import Arguments, base64_of, choice_of, data_of, size_of, whole_of
from services.executor.host_prices import DATA_BYTE_FUEL, FUEL_PER_MICROSECOND, Priced

BLOCK = 16
MAX_DATA_BYTES = 8 * 1024 * 1024
MIN_GCM_IV_BYTES, MAX_IV_BYTES = 8, 128
KEY_BYTES = (16, 24, 32)
MODES = ("cbc", "ecb", "ctr", "gcm")
CALL_MICROSECONDS = 40


def _key(arguments: Arguments) -> AES:
    key = data_of(arguments, "key_base64", 32)
    if len(key) not in KEY_BYTES:
        raise ValueError("ERR_CRYPTO_INVALID_KEYLEN Invalid key length")
    return AES(key)


def _iv(arguments: Arguments, *, gcm: bool) -> bytes:
    iv = data_of(arguments, "iv_base64", MAX_IV_BYTES)
    if len(iv) < MIN_GCM_IV_BYTES or (not gcm and len(iv) != BLOCK):
        raise ValueError("ERR_CRYPTO_INVALID_IV Invalid initialization vector")
    return iv


def _all(context: CipherContext, data: bytes) -> bytes:
    return context.update(data) + context.finalize()


def _counted(key: AES, counter: bytes, offset: int, data: bytes, *, bits: int) -> bytes:
    """Give data through CTR from an offset on, with a counter of so many bits in the block's end."""
    first = int.from_bytes(counter, "big")
    fixed, low = first >> bits << bits, (first + offset // BLOCK) & ((1 << bits) - 1)
    skipped = offset % BLOCK
    # Where the counter wraps, OpenSSL would carry into what is fixed.
    until_wrap = ((1 << bits) - low) * BLOCK - skipped
    start = (fixed | low).to_bytes(BLOCK, "big")
    head = _all(Cipher(key, CTR(start)).encryptor(), bytes(skipped) + data[:until_wrap])[skipped:]
    if len(data) <= until_wrap:
        return head
    return head + _all(Cipher(key, CTR(fixed.to_bytes(BLOCK, "big"))).encryptor(), data[until_wrap:])


def _first_counter(key: AES, iv: bytes) -> bytes:
    """Give the block that GCM encrypts with the first sixteen bytes."""
    masked = Cipher(key, GCM(iv)).encryptor().update(bytes(BLOCK))
    return _all(Cipher(key, ECB()).decryptor(), masked)  # noqa: S305 a single block


def _sealed(key: AES, iv: bytes, aad: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Give GCM's ciphertext and tag."""
    context = Cipher(key, GCM(iv)).encryptor()
    context.authenticate_additional_data(aad)
    return _all(context, data), context.tag


def _gcm(arguments: Arguments) -> bytes:
    """Give a message's part, and the tag that the message had were it all."""
    key, iv, offset = _key(arguments), _iv(arguments, gcm=True), whole_of(arguments, "offset", 0, MAX_DATA_BYTES)
    aad, data = data_of(arguments, "aad_base64", MAX_DATA_BYTES), data_of(arguments, "data_base64", MAX_DATA_BYTES)
    if offset > 0:
        return _counted(key, _first_counter(key, iv), offset, data, bits=32)
    sealed, tag = _sealed(key, iv, aad, data)
    if arguments.get("decrypt") is True:
        # The keystream is the same both ways, the tag is that of the ciphertext.
        return sealed + _sealed(key, iv, aad, sealed)[1]
    return sealed + tag


def _aes(arguments: Arguments) -> str:
    mode = choice_of(arguments, "mode", MODES)
    if mode == "gcm":
        return base64_of(_gcm(arguments))
    key, data = _key(arguments), data_of(arguments, "data_base64", MAX_DATA_BYTES)
    if mode == "ctr":
        offset = whole_of(arguments, "offset", 0, MAX_DATA_BYTES)
        bits = whole_of(arguments, "counter_bits", 1, 128) if "counter_bits" in arguments else 128
        return base64_of(_counted(key, _iv(arguments, gcm=False), offset, data, bits=bits))
    if len(data) % BLOCK:
        raise ValueError("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH wrong final block length")
    cipher = Cipher(key, ECB() if mode == "ecb" else CBC(_iv(arguments, gcm=False)))  # noqa: S305 the author's choice
    return base64_of(_all(cipher.decryptor() if arguments.get("decrypt") is True else cipher.encryptor(), data))


def _aes_price(arguments: Arguments) -> int:
    return CALL_MICROSECONDS * FUEL_PER_MICROSECOND + DATA_BYTE_FUEL * size_of(arguments, "data_base64", "aad_base64")


CIPHERS = {"aes": Priced(_aes, _aes_price)}
