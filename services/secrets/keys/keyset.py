"""The keyset as a key-encryption key: follows its file, which a rotation changes while values are read."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import structlog
import tink

from services.secrets.keys import keyset_file
from services.secrets.keys.key import RefusedError, Wrapped

_PREFIX = "keyset:"
# Tink puts a byte and the key's number before a ciphertext.
_TINK_PREFIX = struct.Struct(">BI")


class KeysetKey:
    """The keys of a keyset file. Raises `KeysetError` when the file cannot be used."""

    is_remote = False

    def __init__(self, path: Path, *, may_create: bool) -> None:
        self._path = path
        self._keyset = keyset_file.load_keyset(path, may_create=may_create)
        self._seen = _look(path)

    @property
    def key_id(self) -> str:
        """Id of the primary key, as the file has it now."""
        self._follow()
        return _id_of(self._keyset.primary)

    @property
    def key_ids(self) -> Sequence[str]:
        """Ids of all keys."""
        self._follow()
        return [_id_of(number) for number in self._keyset.numbers]

    @property
    def unchanged_s(self) -> float:
        """For how many seconds the file has been as it is."""
        return time.time() - self._path.stat().st_mtime

    def has(self, key_id: str) -> bool:
        """Tell whether this is a key of a keyset."""
        return not key_id or key_id.startswith(_PREFIX)

    async def wrap(self, data_key: bytes) -> Wrapped:
        """Encrypt a data key under the primary key."""
        self._follow()
        ciphertext = self._keyset.aead.encrypt(data_key, b"")
        return Wrapped(_id_of(_TINK_PREFIX.unpack_from(ciphertext)[1]), ciphertext)

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """Decrypt a data key. Raises RefusedError."""
        self._follow()
        try:
            return self._keyset.aead.decrypt(wrapped.ciphertext, b"")
        except tink.TinkError:
            raise RefusedError from None

    def add_primary(self) -> None:
        """Add a key that encrypts from now on. Let nobody else do so meanwhile."""
        keyset_file.add_primary(self._path)

    def remove(self, key_ids: Collection[str]) -> None:
        """Remove keys, but never the primary one. Let nobody else do so meanwhile."""
        keyset_file.remove(self._path, [int(key_id.removeprefix(_PREFIX)) for key_id in key_ids])

    def _follow(self) -> None:
        """Read the file again when it is another; what cannot be read is left, and told."""
        now = _look(self._path)
        if now == self._seen:
            return
        self._seen = now
        try:
            self._keyset = keyset_file.load_keyset(self._path, may_create=False)
        except (keyset_file.KeysetError, OSError) as error:
            structlog.get_logger().error("keyset.unusable", error=str(error), kept=self._keyset.primary)
        else:
            structlog.get_logger().info("keyset.read", primary=self._keyset.primary, keys=len(self._keyset.numbers))


def _id_of(number: int) -> str:
    return f"{_PREFIX}{number}"


def _look(path: Path) -> tuple[int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 on the way of each value, and Path's takes twice as long
    except FileNotFoundError:
        return (0, 0, 0)
    return found.st_mtime_ns, found.st_ino, found.st_mode
