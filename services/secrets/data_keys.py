"""Data keys: what values are encrypted with. A key-encryption key encrypts them in their turn.

A data key from a KMS is held for minutes, so that reading an instance's values again needs no call; never on a disk.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import tink
from tink import aead, core
from tink.proto import tink_pb2

from services.secrets.keys.key import RefusedError, Wrapped
from services.secrets.keys.keyring import Keyring

# Longer than this nobody holds what opens a value.
MAX_HELD_S = 300.0
_MAX_HELD = 20_000


class DataKeys:
    """Makes and opens data keys; holds opened ones for `held_s`."""

    def __init__(self, keyring: Keyring, *, held_s: float = MAX_HELD_S) -> None:
        aead.register()
        self._keyring = keyring
        self._held_s = held_s
        self._held: dict[Wrapped, asyncio.Task[aead.Aead]] = {}
        self._template: Any = cast("Any", aead.aead_key_templates).AES256_GCM

    async def new(self) -> tuple[aead.Aead, Wrapped]:
        """Make a data key, and encrypt it under the primary key. Raises Unavailable."""
        untyped: Any = core
        key = untyped.Registry.new_key_data(self._template)
        return untyped.Registry.primitive(key, aead.Aead), await self._keyring.primary.wrap(key.value)

    async def open(self, wrapped: Wrapped) -> aead.Aead:
        """Decrypt a data key. Raises Unavailable, RefusedError."""
        key = self._keyring.key_of(wrapped.key_id)
        if key is None or not key.is_remote or len(self._held) >= _MAX_HELD:
            return await self._open(wrapped)
        task = self._held.get(wrapped)
        if task is None:
            task = self._held[wrapped] = asyncio.create_task(self._open(wrapped))
            task.add_done_callback(lambda done: self._hold(wrapped, done))
        return await asyncio.shield(task)

    def _hold(self, wrapped: Wrapped, task: asyncio.Task[aead.Aead]) -> None:
        if task.cancelled() or task.exception():
            self._held.pop(wrapped, None)
        else:
            task.get_loop().call_later(self._held_s, self._held.pop, wrapped, None)

    async def _open(self, wrapped: Wrapped) -> aead.Aead:
        value = await self._keyring.unwrap(wrapped)
        proto: Any = tink_pb2
        untyped: Any = core
        material = proto.KeyData(
            type_url=self._template.type_url, value=value, key_material_type=proto.KeyData.SYMMETRIC
        )
        try:
            return untyped.Registry.primitive(material, aead.Aead)
        except tink.TinkError:
            raise RefusedError from None
