"""A key in a KMS, by its URI. A call to it runs in a thread, within seconds, and fails as `Unavailable`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from tink import aead

from services.secrets.keys.key import VERSION_MARK, RefusedError, Wrapped
from shared.errors import Unavailable

_THREADS = 8
# Below the 3 s that registry waits for its call; a client's own limits are for each of its attempts.
_LIMIT_S = 2.5
# After a failure the KMS is left alone for so long, so that calls do not queue up for one that is away.
_REST_S = 1.0


@dataclass(frozen=True, slots=True)
class Kms:
    """A client of a key. `refuses` tells of an error of `aead` whether the ciphertext is to blame; `version_of` reads
    the key's version from a ciphertext, empty where it does not tell.
    """

    aead: aead.Aead
    refuses: Callable[[Exception], bool]
    version_of: Callable[[bytes], str]


class KmsKey:
    """A key-encryption key that stays in its KMS."""

    is_remote = True

    def __init__(self, uri: str, client: Kms) -> None:
        self.key_id = uri
        self._client = client
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="kms")
        self._away_until = 0.0

    def has(self, key_id: str) -> bool:
        """Tell whether this is the key, of whatever version."""
        return key_id.partition(VERSION_MARK)[0] == self.key_id

    async def wrap(self, data_key: bytes) -> Wrapped:
        """Encrypt a data key. Raises Unavailable."""
        ciphertext = await self._call(self._client.aead.encrypt, data_key)
        version = self._client.version_of(ciphertext)
        return Wrapped(f"{self.key_id}{VERSION_MARK}{version}" if version else self.key_id, ciphertext)

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """Decrypt a data key. Raises Unavailable, RefusedError."""
        return await self._call(self._client.aead.decrypt, wrapped.ciphertext)

    async def _call(self, method: Callable[[bytes, bytes], bytes], argument: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            raise self._unavailable()
        try:
            async with asyncio.timeout(_LIMIT_S):
                return await loop.run_in_executor(self._threads, method, argument, b"")
        except Exception as error:  # noqa: BLE001 a client raises whatever its HTTP library does
            if self._client.refuses(error):
                raise RefusedError from None
            self._away_until = loop.time() + _REST_S
            # The caller may be a tenant's; what the KMS says is for the operator.
            structlog.get_logger().warning("kms.unavailable", key=self.key_id, error=f"{type(error).__name__}: {error}")
            raise self._unavailable() from None

    def _unavailable(self) -> Unavailable:
        return Unavailable(
            "The KMS that has the key-encryption key cannot be reached, or does not answer as it should.",
            reason="KMS_UNAVAILABLE",
            retry_delay_s=_REST_S,
        )
