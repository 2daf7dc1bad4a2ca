"""A secrets service as a process runs it, and its callers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlmodel import select

from penstock.access.v1 import access_pb2
from penstock.secrets.v1 import access_service_pb2_grpc, key_service_pb2, key_service_pb2_grpc
from penstock.secrets.v1 import secrets_service_pb2 as secrets
from penstock.secrets.v1 import secrets_service_pb2_grpc as secrets_grpc
from services.secrets.app import build
from services.secrets.settings import SecretsSettings
from services.secrets.store.tables import AccessRow
from shared.database import Database
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import make_tokens
from shared.telemetry.tracing import Tracing
from tests.nats import free_port
from tests.polling import until

WORKSPACE, INSTANCE = "ws_1", "ins_1"


class Secrets:
    """A running service, its callers and its tables."""

    def __init__(self, settings: SecretsSettings, tokens: dict[str, str]) -> None:
        self.database: Database = settings.database("secrets")
        self.channels = {
            service: connect(settings.grpc_address, token=token) for service, token in {**tokens, "nobody": ""}.items()
        }
        self.stubs = {name: secrets_grpc.SecretsServiceStub(channel) for name, channel in self.channels.items()}
        self.keys = key_service_pb2_grpc.KeyServiceStub(self.channels["gateway"])
        self.accesses = access_service_pb2_grpc.SecretAccessServiceStub(self.channels["gateway"])

    async def put(
        self, values: dict[str, bytes], *, cleared: tuple[str, ...] = (), instance: str = INSTANCE
    ) -> list[str]:
        request = secrets.PutSecretsRequest(
            workspace_id=WORKSPACE, instance_id=instance, values=values, cleared=cleared
        )
        return list((await self.stubs["registry"].PutSecrets(request)).names)

    async def get(self, *, workspace: str = WORKSPACE, instance: str = INSTANCE) -> dict[str, bytes]:
        request = secrets.GetSecretsRequest(workspace_id=workspace, instance_id=instance)
        return dict((await self.stubs["executor"].GetSecrets(request)).values)

    async def recorded(self) -> list[tuple[str, str, str, int]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(AccessRow).order_by(AccessRow.accessed_at))  # type: ignore[arg-type]
            return [(row.service, row.workspace_id, row.instance_id, row.names) for row in rows]

    async def status(self) -> key_service_pb2.GetKeysResponse:
        return await self.keys.GetKeys(key_service_pb2.GetKeysRequest(), metadata=OPERATOR)

    async def values_by_key(self) -> dict[str, int]:
        return {key.key_id: key.values for key in (await self.status()).keys}

    async def rotate(self) -> str:
        """Rotate, and wait until it is done; give the primary key's id."""
        begun = await self.keys.RotateKeys(key_service_pb2.RotateKeysRequest(), metadata=OPERATOR)
        await until(self.is_settled)
        return begun.key_id

    async def is_settled(self) -> bool:
        status = await self.status()
        running = status.HasField("rotation_start_time") and not status.HasField("rotation_finish_time")
        return not status.waiting and not running

    async def close(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        await self.database.close()


def person(role: access_pb2.Role.ValueType, *, workspace: str = WORKSPACE) -> Any:
    """Metadata of a call by a person."""
    return acting_for(access_pb2.Actor(workspace_id=workspace, token_id="tok_1", roles=[role]))


OPERATOR = person(access_pb2.ROLE_OPERATOR)


def settings_of(data_dir: Path, **others: Any) -> SecretsSettings:
    """Give settings of a service of its own."""
    make_tokens(data_dir / "identities")
    return SecretsSettings.model_validate(
        {
            "data_dir": data_dir,
            "identities_file": data_dir / "identities" / "identities.json",
            "grpc_address": f"127.0.0.1:{free_port()}",
            **others,
        }
    )


@asynccontextmanager
async def running_secrets(settings: SecretsSettings) -> AsyncGenerator[Secrets]:
    """Run the service while the block runs."""
    tracing = Tracing.exporting(service="secrets", endpoint=None, traces_per_second=1)
    async with build(settings, tracing):
        running = Secrets(settings, make_tokens(settings.data_dir / "identities"))
        yield running
        await running.close()
    await tracing.shutdown()
