"""The composition root of registry."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from services.registry.bootstrap import bootstrap
from services.registry.code_checker import ExecutorChecker
from services.registry.publisher import Publisher
from services.registry.secret_values import SecretsClient
from services.registry.server import registry_server
from services.registry.settings import RegistrySettings
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
        publisher = Publisher(database)
        server = registry_server(
            address=settings.grpc_address,
            database=database,
            on_commit=publisher.publish,
            checker=ExecutorChecker(executors),
            secrets=SecretsClient(secrets),
            max_functions=settings.max_functions,
            authenticate=ServiceAuthenticator(load_identities(settings.identities_file)),
            tracing=tracing,
        )
        async with asyncio.TaskGroup() as tasks:
            publishing = tasks.create_task(_publish(publisher, settings))
            await server.start()
            try:
                yield
            finally:
                await server.stop()
                publishing.cancel()


async def _publish(publisher: Publisher, settings: RegistrySettings) -> None:
    async with Bus.open(settings.nats_url, name="registry") as bus:
        prepare = functools.partial(declare_config, bus)
        await publisher.run(prepare=prepare, config=ConfigStore(bus), code=CodeStore(bus))
