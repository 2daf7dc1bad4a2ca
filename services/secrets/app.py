"""The composition root of secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import structlog

from penstock.secrets.v1 import (
    access_service_pb2,
    access_service_pb2_grpc,
    key_service_pb2,
    key_service_pb2_grpc,
    secrets_service_pb2,
    secrets_service_pb2_grpc,
)
from services.secrets.access_servicer import SecretAccessServicer
from services.secrets.data_keys import DataKeys
from services.secrets.envelope import Envelope
from services.secrets.key_servicer import KeyServicer
from services.secrets.keys.keyring import open_keyring
from services.secrets.reencryption import Reencryption
from services.secrets.rotation import KeyRotation
from services.secrets.servicer import SecretsServicer
from services.secrets.settings import SecretsSettings
from services.secrets.store.accesses import forget_accesses
from services.secrets.store.keys import KeyStore, needs_keyset
from services.secrets.store.secrets import SecretStore
from shared.database import Database, migrate
from shared.errors import Unavailable
from shared.rpc.access import Authenticate, ServiceAuthenticator
from shared.rpc.identity import load_identities
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing

MIGRATIONS = Path(__file__).parent / "migrations"
_FORGET_EVERY_S = 3600
_SERVICES = [
    service.full_name
    for contract in (access_service_pb2, key_service_pb2, secrets_service_pb2)
    for service in contract.DESCRIPTOR.services_by_name.values()
]


@asynccontextmanager
async def build(settings: SecretsSettings, tracing: Tracing) -> AsyncGenerator[None]:
    """Run secrets until the block ends. Raises KeysetError and FailedPrecondition for keys that cannot be used."""
    async with AsyncExitStack() as closing:
        database = settings.database("secrets")
        closing.push_async_callback(database.close)
        await migrate(database, versions=MIGRATIONS)
        keyring = open_keyring(
            keyset_file=settings.keyset_path,
            keyset_needed=await needs_keyset(database),
            uri=settings.kms_uri,
            former=settings.former_kms_uris,
            vault_token_file=settings.vault_token_file,
        )
        envelope, keys = Envelope(DataKeys(keyring, held_s=settings.data_key_held_s)), KeyStore(database)
        reencryption = Reencryption(store=keys, envelope=envelope, primary=keyring.primary)
        server = secrets_server(
            address=settings.grpc_address,
            store=SecretStore(database=database, envelope=envelope),
            rotation=KeyRotation(store=keys, keyring=keyring, reencryption=reencryption),
            authenticate=ServiceAuthenticator(load_identities(settings.identities_file)),
            tracing=tracing,
        )
        async with _beside(reencryption.run(), _forget(database, timedelta(days=settings.access_log_days))):
            await server.start()
            try:
                yield
            finally:
                await server.stop()


def secrets_server(
    *,
    address: str,
    store: SecretStore,
    authenticate: Authenticate,
    rotation: KeyRotation | None = None,
    tracing: Tracing | None = None,
) -> RpcServer:
    """Make the gRPC server; without `rotation`, keys are what they are."""

    def add(server: grpc.aio.Server) -> None:
        secrets_service_pb2_grpc.add_SecretsServiceServicer_to_server(SecretsServicer(store), server)
        accesses = SecretAccessServicer(store.database)
        access_service_pb2_grpc.add_SecretAccessServiceServicer_to_server(accesses, server)
        if rotation:
            key_service_pb2_grpc.add_KeyServiceServicer_to_server(KeyServicer(rotation), server)

    return RpcServer(address=address, names=_SERVICES, add=add, authenticate=authenticate, tracing=tracing)


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run what never ends by itself while the block runs."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _forget(database: Database, age: timedelta) -> None:
    while True:
        try:
            await forget_accesses(database, older_than=age)
        except Unavailable:
            structlog.get_logger().warning("access_log.forget_failed")
        await asyncio.sleep(_FORGET_EVERY_S)
