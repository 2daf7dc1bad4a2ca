"""The composition root of secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import structlog

from penstock.secrets.v1 import secrets_service_pb2, secrets_service_pb2_grpc
from services.secrets.envelope import Envelope
from services.secrets.keyset import load_key
from services.secrets.servicer import SecretsServicer
from services.secrets.settings import SecretsSettings
from services.secrets.store.secrets import SecretStore, forget_accesses, has_secrets
from shared.database import Database, migrate
from shared.errors import Unavailable
from shared.rpc.access import Authenticate, ServiceAuthenticator
from shared.rpc.identity import load_identities
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing

MIGRATIONS = Path(__file__).parent / "migrations"
_FORGET_EVERY_S = 3600


@asynccontextmanager
async def build(settings: SecretsSettings, tracing: Tracing) -> AsyncGenerator[None]:
    """Run secrets until the block ends. Raises KeysetError when the key-encryption key cannot be used."""
    async with AsyncExitStack() as closing:
        database = settings.database("secrets")
        closing.push_async_callback(database.close)
        await migrate(database, versions=MIGRATIONS)
        key = load_key(settings.keyset_path, may_create=not await has_secrets(database))
        server = secrets_server(
            address=settings.grpc_address,
            store=SecretStore(database=database, envelope=Envelope(key)),
            authenticate=ServiceAuthenticator(load_identities(settings.identities_file)),
            tracing=tracing,
        )
        async with asyncio.TaskGroup() as tasks:
            forgetting = tasks.create_task(_forget(database, timedelta(days=settings.access_log_days)))
            await server.start()
            try:
                yield
            finally:
                await server.stop()
                forgetting.cancel()


def secrets_server(
    *, address: str, store: SecretStore, authenticate: Authenticate, tracing: Tracing | None = None
) -> RpcServer:
    """Make the gRPC server."""

    def add(server: grpc.aio.Server) -> None:
        secrets_service_pb2_grpc.add_SecretsServiceServicer_to_server(SecretsServicer(store), server)

    names = [service.full_name for service in secrets_service_pb2.DESCRIPTOR.services_by_name.values()]
    return RpcServer(address=address, names=names, add=add, authenticate=authenticate, tracing=tracing)


async def _forget(database: Database, age: timedelta) -> None:
    while True:
        try:
            await forget_accesses(database, older_than=age)
        except Unavailable:
            structlog.get_logger().warning("access_log.forget_failed")
        await asyncio.sleep(_FORGET_EVERY_S)
