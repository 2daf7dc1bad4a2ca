"""The object store CODE: source text of functions under its digest, so that it can neither change nor be mixed up."""

from __future__ import annotations

import hashlib

import nats.errors
import nats.js.errors
from nats.js.object_store import ObjectStore

from shared.bus import subjects
from shared.bus.connection import Bus
from shared.errors import DataLoss, InvalidArgument, NotFound, Unavailable


class CodeStore:
    """Reads and writes code by its SHA-256 in hex."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def put_code(self, digest: str, code: bytes) -> None:
        """Store code unless it is there. Raises InvalidArgument when the digest is another's, Unavailable."""
        if _digest(code) != digest:
            raise InvalidArgument("The digest is not that of the code.")
        try:
            store = await self._store()
            if not await _has(store, digest):
                await store.put(digest, code)
        except (TimeoutError, nats.errors.Error) as error:
            raise Unavailable(f"The code could not be stored: {error}", reason="LOG_UNAVAILABLE") from error

    async def has_code(self, digest: str) -> bool:
        """Tell whether code is there. Raises Unavailable."""
        try:
            return await _has(await self._store(), digest)
        except (TimeoutError, nats.errors.Error) as error:
            raise Unavailable(f"The code could not be looked for: {error}", reason="LOG_UNAVAILABLE") from error

    async def get_code(self, digest: str) -> bytes:
        """Read code. Raises NotFound, Unavailable, and DataLoss when what is stored is something else."""
        try:
            found = await (await self._store()).get(digest)
        except (nats.js.errors.ObjectNotFoundError, nats.js.errors.ObjectDeletedError):
            raise NotFound(f"No code has the digest {digest}.", reason="CODE_NOT_FOUND") from None
        except (TimeoutError, nats.errors.Error) as error:
            raise Unavailable(f"The code could not be read: {error}", reason="LOG_UNAVAILABLE") from error
        code = found.data or b""
        if _digest(code) != digest:
            raise DataLoss(f"The code stored as {digest} is something else.", reason="CODE_CORRUPT")
        return code

    async def _store(self) -> ObjectStore:
        return await self._bus.jetstream.object_store(subjects.CODE)


async def _has(store: ObjectStore, digest: str) -> bool:
    try:
        await store.get_info(digest)
    except (nats.js.errors.ObjectNotFoundError, nats.js.errors.ObjectDeletedError):
        return False
    return True


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()
