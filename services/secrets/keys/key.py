"""What a key-encryption key does, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

# Behind the name of a key, the version of it that a ciphertext tells: `hcvault://…/penstock#v3`.
VERSION_MARK = "#v"


class RefusedError(Exception):
    """No key made this ciphertext, or somebody changed it."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under a key-encryption key, and which one that was."""

    key_id: str
    ciphertext: bytes


class Key(Protocol):
    """A key-encryption key, or a keyset of them.

    Both methods raise `Unavailable` while the key cannot be had, `unwrap` also `RefusedError`.
    """

    @property
    def key_id(self) -> str:
        """Id of what encrypts now, without a version."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether each use is a call to another machine."""
        ...

    def has(self, key_id: str) -> bool:
        """Tell whether a ciphertext that names this key is for it; the empty id stands for values of before ids."""
        ...

    async def wrap(self, data_key: bytes) -> Wrapped:
        """Encrypt a data key."""
        ...

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """Decrypt a data key."""
        ...
