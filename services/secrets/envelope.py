"""Envelope encryption: values under a data key, which is stored with each of them, encrypted.

The bytes are those of Tink's KmsEnvelopeAead. What is stored together has one data key: with a KMS that is one call for
all values of an instance, where Tink's class would make one for each. A ciphertext is bound to workspace, instance and
name: copied to another row, it does not decrypt.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import tink

from services.secrets.data_keys import DataKeys
from services.secrets.keys.key import RefusedError, Wrapped
from shared.errors import DataLoss

_PURPOSE = "penstock.secret.v1"
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Binding:
    """The place of a value."""

    workspace_id: str
    instance_id: str
    name: str

    def associated_data(self) -> bytes:
        """Give the bytes that the ciphertext is bound to; no two places have the same."""
        return json.dumps([_PURPOSE, self.workspace_id, self.instance_id, self.name]).encode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value, and the key-encryption key that it needs; empty for one of before that was recorded."""

    key_id: str
    ciphertext: bytes


class Envelope:
    """Encrypts and decrypts values. All methods raise Unavailable while a key-encryption key cannot be had."""

    def __init__(self, data_keys: DataKeys) -> None:
        self._data_keys = data_keys

    async def seal(self, values: Mapping[Binding, bytes]) -> Mapping[Binding, Sealed]:
        """Encrypt values for their places, under one data key."""
        if not values:
            return {}
        key, wrapped = await self._data_keys.new()
        head = _LENGTH.pack(len(wrapped.ciphertext)) + wrapped.ciphertext
        return {
            binding: Sealed(wrapped.key_id, head + key.encrypt(value, binding.associated_data()))
            for binding, value in values.items()
        }

    async def open(self, sealed: Sealed, binding: Binding) -> bytes:
        """Decrypt what was sealed for this place. Raises DataLoss for anything else."""
        try:
            wrapped, ciphertext = _parted(sealed)
            return (await self._data_keys.open(wrapped)).decrypt(ciphertext, binding.associated_data())
        except (tink.TinkError, RefusedError):
            raise DataLoss(
                "A stored secret cannot be decrypted.",
                reason="SECRET_UNREADABLE",
                metadata={"instance_id": binding.instance_id, "name": binding.name},
            ) from None


def _parted(sealed: Sealed) -> tuple[Wrapped, bytes]:
    if len(sealed.ciphertext) < _LENGTH.size:
        raise RefusedError
    end = _LENGTH.size + _LENGTH.unpack_from(sealed.ciphertext)[0]
    if end > len(sealed.ciphertext):
        raise RefusedError
    return Wrapped(sealed.key_id, sealed.ciphertext[_LENGTH.size : end]), sealed.ciphertext[end:]
