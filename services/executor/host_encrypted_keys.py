"""How much work an encrypted key asks for, read before it is done: its author may have written any number there."""

from __future__ import annotations

SEQUENCE, INTEGER, OCTETS, OBJECT = 0x30, 0x02, 0x04, 0x06
PBES2 = bytes.fromhex("2a864886f70d01050d")
PBKDF2 = bytes.fromhex("2a864886f70d01050c")


def iterations_of(der: bytes) -> int:
    """Give PBKDF2's iterations of an encrypted PKCS#8 key. Raises ValueError for what is encrypted in other ways."""
    scheme = _content(_content(der, SEQUENCE)[0], SEQUENCE)[0]
    name, parameters = _content(scheme, OBJECT)
    if name != PBES2:
        raise ValueError("ERR_OSSL_UNSUPPORTED the key is encrypted with something else than PBES2")
    function = _content(_content(parameters, SEQUENCE)[0], SEQUENCE)[0]
    name, parameters = _content(function, OBJECT)
    if name != PBKDF2:
        raise ValueError("ERR_OSSL_UNSUPPORTED the key is encrypted with something else than PBKDF2")
    _salt, rest = _content(_content(parameters, SEQUENCE)[0], OCTETS)
    return int.from_bytes(_content(rest, INTEGER)[0], "big")


def _content(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Give what the first element holds, which must have this tag, and what follows it."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("ERR_OSSL_UNSUPPORTED error:1E08010C:DECODER routines::unsupported")
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if start + length > len(der):
        raise ValueError("ERR_OSSL_UNSUPPORTED error:1E08010C:DECODER routines::unsupported")
    return der[start : start + length], der[start + length :]
