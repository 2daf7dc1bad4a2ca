"""Where values of sensitive settings go: to `secrets`, in one hand-over, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

import grpc

from penstock.secrets.v1 import secrets_service_pb2, secrets_service_pb2_grpc


class SecretValues(Protocol):
    """Keeps the values of sensitive settings. Both methods raise `Unavailable` when it cannot be reached."""

    async def put(
        self, *, workspace_id: str, instance_id: str, values: Mapping[str, bytes], cleared: Collection[str] = ()
    ) -> None:
        """Set and clear values of an instance, all or none."""
        ...

    async def delete(self, *, workspace_id: str, instance_id: str) -> None:
        """Remove all values of an instance."""
        ...


class SecretsClient:
    """`SecretValues` in the secrets service."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float = 3.0) -> None:
        self._stub = secrets_service_pb2_grpc.SecretsServiceStub(channel)
        # Short: registry holds the workspace's lock meanwhile, so that values and rows change in the same order.
        self._timeout_s = timeout_s

    async def put(
        self, *, workspace_id: str, instance_id: str, values: Mapping[str, bytes], cleared: Collection[str] = ()
    ) -> None:
        """Set and clear values of an instance, all or none."""
        request = secrets_service_pb2.PutSecretsRequest(
            workspace_id=workspace_id, instance_id=instance_id, values=values, cleared=cleared
        )
        await self._stub.PutSecrets(request, timeout=self._timeout_s)

    async def delete(self, *, workspace_id: str, instance_id: str) -> None:
        """Remove all values of an instance."""
        request = secrets_service_pb2.DeleteSecretsRequest(workspace_id=workspace_id, instance_id=instance_id)
        await self._stub.DeleteSecrets(request, timeout=self._timeout_s)
