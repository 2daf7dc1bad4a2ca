"""What an operator does with the keys: sees them, rotates them, removes those that are not needed any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from penstock.secrets.v1 import key_service_pb2
from services.secrets.keys.keyring import Keyring
from services.secrets.reencryption import Reencryption
from services.secrets.store.keys import KeyStore
from shared.errors import FailedPrecondition

# As long as a call may take that began with the key of before: the longest deadline of callers, and some.
IN_FLIGHT_S = 15.0
_SECTION = "keys"


class KeyRotation:
    """The keys of the installation."""

    def __init__(self, *, store: KeyStore, keyring: Keyring, reencryption: Reencryption) -> None:
        self._store = store
        self._keyring = keyring
        self._reencryption = reencryption

    async def status(self) -> key_service_pb2.GetKeysResponse:
        """Tell which keys there are, and how many values each encrypts."""
        counted = await self._store.values_by_key()
        primary = self._keyring.primary.key_id
        status = key_service_pb2.GetKeysResponse(
            keys=sorted((self._key(key_id, counted) for key_id in self._ids(counted)), key=lambda key: not key.primary),
            values=sum(counted.values()),
            waiting=await self._store.count_waiting(primary),
            trouble=self._reencryption.trouble,
        )
        if rotation := await self._store.rotation():
            status.rotation_start_time.FromDatetime(rotation.started_at)
            if rotation.finished_at:
                status.rotation_finish_time.FromDatetime(rotation.finished_at)
        return status

    async def rotate(self) -> key_service_pb2.RotateKeysResponse:
        """Begin to encrypt all values anew, under a new key where it is ours to make."""
        primary = self._keyring.primary
        async with self._store.database.exclusive(_SECTION):
            await self._refuse_two_at_once()
            if self._keyring.keyset is primary and self._keyring.keyset:
                self._keyring.keyset.add_primary()
            await self._store.begin_rotation()
        self._reencryption.wake()
        structlog.get_logger().info("keys.rotated", primary=primary.key_id)
        return key_service_pb2.RotateKeysResponse(
            key_id=primary.key_id, waiting=await self._store.count_waiting(primary.key_id)
        )

    async def retire(self) -> Sequence[str]:
        """Remove the keyset's keys that encrypt nothing; give their ids."""
        keyset = self._keyring.keyset
        if keyset is None:
            return []
        async with self._store.database.exclusive(_SECTION):
            await self._refuse_while_waiting()
            counted = await self._store.values_by_key()
            unused = [each for each in keyset.key_ids if each != keyset.key_id and each not in counted]
            if not unused:
                return []
            self._refuse_while_in_flight(keyset.unchanged_s)
            keyset.remove(unused)
        structlog.get_logger().info("keys.retired", keys=unused)
        return unused

    async def _refuse_two_at_once(self) -> None:
        rotation = await self._store.rotation()
        if rotation and rotation.finished_at is None:
            raise FailedPrecondition(
                "A rotation is not finished yet: `penstock secrets status` tells how far it is.",
                reason="ROTATION_RUNNING",
            )

    async def _refuse_while_waiting(self) -> None:
        waiting = await self._store.count_waiting(self._keyring.primary.key_id)
        if waiting:
            raise FailedPrecondition(
                f"{waiting} values wait to be encrypted anew: `penstock secrets status` tells how far that is.",
                reason="KEY_IN_USE",
                metadata={"waiting": str(waiting)},
            )

    def _refuse_while_in_flight(self, unchanged_s: float) -> None:
        left_s = IN_FLIGHT_S - unchanged_s
        if left_s > 0:
            raise FailedPrecondition(
                f"The keyset has just changed, and calls may still use its former key: again in {left_s:.0f} s.",
                reason="KEY_IN_USE",
                retry_delay_s=left_s,
            )

    def _ids(self, counted: Mapping[str, int]) -> set[str]:
        """Give the ids of keys with values, of the keyset's keys, and of the configured keys that have no value yet."""
        primary = self._keyring.primary
        ids = {*counted, *(self._keyring.keyset.key_ids if self._keyring.keyset else ())}
        return ids if any(primary.has(each) for each in ids if each) else {*ids, primary.key_id}

    def _key(self, key_id: str, counted: Mapping[str, int]) -> key_service_pb2.EncryptionKey:
        return key_service_pb2.EncryptionKey(
            key_id=key_id,
            primary=self._is_primary(key_id),
            configured=self._keyring.key_of(key_id) is not None,
            values=counted.get(key_id, 0),
        )

    def _is_primary(self, key_id: str) -> bool:
        primary = self._keyring.primary
        return key_id == primary.key_id if self._keyring.keyset is primary else bool(key_id) and primary.has(key_id)
