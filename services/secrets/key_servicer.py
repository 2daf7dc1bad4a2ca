"""KeyService."""

from __future__ import annotations

from typing import Any

from penstock.secrets.v1 import key_service_pb2, key_service_pb2_grpc
from services.secrets.rotation import KeyRotation


class KeyServicer(key_service_pb2_grpc.KeyServiceServicer):
    """The keys of the installation, for those who operate it."""

    def __init__(self, rotation: KeyRotation) -> None:
        self._rotation = rotation

    async def GetKeys(self, request: key_service_pb2.GetKeysRequest, context: Any) -> key_service_pb2.GetKeysResponse:
        """Tell which keys there are, and how many values each encrypts."""
        return await self._rotation.status()

    async def RotateKeys(
        self, request: key_service_pb2.RotateKeysRequest, context: Any
    ) -> key_service_pb2.RotateKeysResponse:
        """Begin to encrypt all values anew."""
        return await self._rotation.rotate()

    async def RetireKeys(
        self, request: key_service_pb2.RetireKeysRequest, context: Any
    ) -> key_service_pb2.RetireKeysResponse:
        """Remove keys that encrypt nothing."""
        return key_service_pb2.RetireKeysResponse(key_ids=await self._rotation.retire())
