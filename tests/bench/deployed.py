"""Instances and their code, as the log would give them to an executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.config.v1 import config_pb2
from services.executor.executor import digest_of


class Deployed:
    """Deployments in memory; instances take events as destinations do."""

    def __init__(self) -> None:
        self._instances: dict[str, config_pb2.InstanceConfig] = {}
        self._code: dict[str, bytes] = {}

    def deploy(self, instance_id: str, code: str, **more: Any) -> None:
        """Let an instance have this code, with more fields of its configuration."""
        digest = digest_of(code)
        self._code[digest] = code.encode()
        fields: dict[str, Any] = {"kind": config_pb2.FUNCTION_KIND_DESTINATION, **more}
        self._instances[instance_id] = config_pb2.InstanceConfig(instance_id=instance_id, code_digest=digest, **fields)

    def instance(self, instance_id: str) -> config_pb2.InstanceConfig | None:
        return self._instances.get(instance_id)

    def workspace(self, workspace_id: str) -> config_pb2.WorkspaceConfig | None:
        return None

    async def code(self, digest: str) -> bytes:
        return self._code[digest]

    async def sensitive_settings(self, instance: config_pb2.InstanceConfig) -> Mapping[str, bytes]:
        return {}
