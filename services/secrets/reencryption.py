"""Encrypts values anew in the background, a few at a time, while they are read and written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby

import structlog

from services.secrets.envelope import Binding, Envelope, Sealed
from services.secrets.keys.key import Key
from services.secrets.keys.keyring import NOT_CONFIGURED
from services.secrets.store.keys import FIRST, KeyStore
from shared.errors import DataLoss, Unavailable

_BATCH = 50
# Where the key changes without a word to this process: by another replica, or by hand.
_LOOK_EVERY_S = 1.0
# After a KMS was away; and for values of replicas that began to write before the key changed.
_AGAIN_S = 30.0


class Reencryption:
    """Sees to it that every value is under the primary key, and newer than the latest rotation.

    `trouble` tells why values are left that could not be encrypted anew; it is empty when all is well.
    """

    def __init__(self, *, store: KeyStore, envelope: Envelope, primary: Key, again_s: float = _AGAIN_S) -> None:
        self._store = store
        self._envelope = envelope
        self._primary = primary
        self._again_s = again_s
        self._wake = asyncio.Event()
        self.trouble = ""

    def wake(self) -> None:
        """Look for values now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. A KMS or a database that is away is waited for."""
        while True:
            self._wake.clear()
            key_id = self._primary.key_id
            try:
                self.trouble = await self._all()
            except Unavailable as error:
                self.trouble = error.message
            await self._something_new(key_id)

    async def _all(self) -> str:
        begun, after, changed, unreadable = datetime.now(UTC), FIRST, 0, 0
        while found := await self._store.waiting(self._primary.key_id, after=after, limit=_BATCH):
            done, failed = await self._some(found)
            changed, unreadable, after = changed + done, unreadable + failed, [*found][-1]
        await self._store.finish_rotations(begun_before=begun)
        if changed or unreadable:
            structlog.get_logger().info("secrets.reencrypted", values=changed, unreadable=unreadable)
        return f"{unreadable} values cannot be decrypted." if unreadable else ""

    async def _some(self, found: Mapping[Binding, Sealed]) -> tuple[int, int]:
        """Encrypt values anew; give how many, and how many do not decrypt. Each instance gets a data key of its own."""
        changed = failed = 0
        for _instance, bindings in groupby(found, key=lambda binding: (binding.workspace_id, binding.instance_id)):
            values: dict[Binding, bytes] = {}
            for binding in bindings:
                try:
                    values[binding] = await self._envelope.open(found[binding], binding)
                except DataLoss:
                    failed += 1
                except Unavailable as error:
                    if error.reason != NOT_CONFIGURED:
                        raise
                    failed += 1
            changed += await self._store.replace(found, await self._envelope.seal(values))
        return changed, failed

    async def _something_new(self, key_id: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._again_s):
                while self._primary.key_id == key_id and not self._wake.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), _LOOK_EVERY_S)
