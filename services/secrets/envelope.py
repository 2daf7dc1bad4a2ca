"""Envelope encryption: every value under a key of its own, which is stored with it, encrypted by the keyset.

The ciphertext names the key of the keyset that encrypted it, so keys can be rotated while values are read. It is bound
to workspace, instance and name: copied to another row, it does not decrypt.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import tink
from tink import aead

from shared.errors import DataLoss

_PURPOSE = "penstock.secret.v1"


@dataclass(frozen=True, slots=True)
class Binding:
    """The place of a value."""

    workspace_id: str
    instance_id: str
    name: str

    def associated_data(self) -> bytes:
        """Give the bytes that the ciphertext is bound to; no two places have the same."""
        return json.dumps([_PURPOSE, self.workspace_id, self.instance_id, self.name]).encode()


class Envelope:
    """Encrypts and decrypts values under a key-encryption key."""

    def __init__(self, key: aead.Aead) -> None:
        self._aead = aead.KmsEnvelopeAead(cast("Any", aead.aead_key_templates).AES256_GCM, key)

    def seal(self, value: bytes, binding: Binding) -> bytes:
        """Encrypt a value for its place."""
        return self._aead.encrypt(value, binding.associated_data())

    def open(self, ciphertext: bytes, binding: Binding) -> bytes:
        """Decrypt what was sealed for this place. Raises DataLoss for anything else."""
        try:
            return self._aead.decrypt(ciphertext, binding.associated_data())
        except tink.TinkError:
            raise DataLoss(
                "A stored secret cannot be decrypted.",
                reason="SECRET_UNREADABLE",
                metadata={"instance_id": binding.instance_id, "name": binding.name},
            ) from None
