"""The composition root of registry."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from services.registry.audit_forwarder import AuditForwarder
from services.registry.audit_pruning import prune_audit_entries
from services.registry.bootstrap import bootstrap
from services.registry.cancelling import is_cancelled
from services.registry.code_checker import ExecutorChecker
from services.registry.publisher import Publisher
from services.registry.secret_values import SecretsClient
from services.registry.server import registry_server
from services.registry.settings import RegistrySettings
from services.registry.store.audit import AuditStore
from shared.bus import Bus, CodeStore, ConfigStore, declare_config
from shared.database import migrate
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import connect
from shared.rpc.identity import load_identities
from shared.telemetry.rpc_client import client_interceptors
from shared.telemetry.tracing import Tracing

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(settings: RegistrySettings, tracing: Tracing) -> AsyncGenerator[None]:
    """Run registry until the block ends. It serves without NATS, whose changes then wait in the outbox."""
    async with AsyncExitStack() as closing:
        database = settings.database("registry")
        closing.push_async_callback(database.close)
        await migrate(database, versions=MIGRATIONS)
        await bootstrap(database, owner_token_file=settings.owner_token_path)
        token = settings.service_token.get_secret_value()
        secrets = connect(settings.secrets_address, token=token, interceptors=client_interceptors(tracing))
        executors = [
            connect(address, token=token, interceptors=client_interceptors(tracing))
            for address in settings.executor_addresses
        ]
        for channel in (secrets, *executors):
            closing.push_async_callback(channel.close)
        publisher, forwarder = Publisher(database), AuditForwarder(database)

        async def committed() -> None:
            forwarder.wake()
            await publisher.publish()

        server = registry_server(
            address=settings.grpc_address,
            database=database,
            on_commit=committed,
            checker=ExecutorChecker(executors),
            secrets=SecretsClient(secrets),
            max_functions=settings.max_functions,
            authenticate=ServiceAuthenticator(load_identities(settings.identities_file)),
            tracing=tracing,
        )
        async with asyncio.TaskGroup() as tasks:
            pruning = prune_audit_entries(AuditStore(database), days=settings.audit_days)
            beside = [tasks.create_task(each) for each in (_publish(publisher, forwarder, settings), pruning)]
            await server.start()
            try:
                yield
            finally:
                await server.stop()
                for each in beside:
                    each.cancel()


async def _publish(publisher: Publisher, forwarder: AuditForwarder, settings: RegistrySettings) -> None:
    async with Bus.open(settings.nats_url, name="registry") as bus:
        if is_cancelled():  # lost while it connected: nobody would end what is begun now
            return
        prepare = functools.partial(declare_config, bus)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publisher.run(prepare=prepare, config=ConfigStore(bus), code=CodeStore(bus)))
            tasks.create_task(forwarder.run(bus.publish_all))
