"""What the executor is made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import grpc

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import (
    executor_service_pb2,
    executor_service_pb2_grpc,
    preview_service_pb2,
    preview_service_pb2_grpc,
)
from penstock.secrets.v1 import secrets_service_pb2, secrets_service_pb2_grpc
from services.executor.local import make_executor
from services.executor.metrics import observing, observing_memory
from services.executor.network import NetworkOutside
from services.executor.pool import SandboxPool
from services.executor.preview import PreviewServicer
from services.executor.programs import Programs
from services.executor.service import ExecutorServicer
from services.executor.settings import ExecutorSettings
from services.executor.shared_cache import SharedCaches
from services.executor.turns import Turns
from services.executor.usage import UsageMeter, allowance_s
from shared.bus import Bus, CodeStore, ConfigView
from shared.egress import EgressClient, EgressPolicy
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import connect
from shared.rpc.identity import load_identities
from shared.rpc.server import RpcServer
from shared.telemetry.rpc_client import client_interceptors
from shared.telemetry.tracing import Tracing

SERVICE = executor_service_pb2.DESCRIPTOR.services_by_name["ExecutorService"].full_name
PREVIEWS = preview_service_pb2.DESCRIPTOR.services_by_name["PreviewService"].full_name
SWEEP_S = 30.0


class PublishedDeployments:
    """Instances and workspaces from CONFIG, code from the object store, sensitive settings from the secrets service."""

    def __init__(
        self, *, config: ConfigView, code: CodeStore, secrets: secrets_service_pb2_grpc.SecretsServiceAsyncStub
    ) -> None:
        self._config = config
        self._code = code
        self._secrets = secrets

    def instance(self, instance_id: str) -> config_pb2.InstanceConfig | None:
        return self._config.get(config_pb2.InstanceConfig, instance_id)

    def workspace(self, workspace_id: str) -> config_pb2.WorkspaceConfig | None:
        return self._config.get(config_pb2.WorkspaceConfig, workspace_id)

    async def code(self, digest: str) -> bytes:
        return await self._code.get_code(digest)

    async def sensitive_settings(self, instance: config_pb2.InstanceConfig) -> Mapping[str, bytes]:
        request = secrets_service_pb2.GetSecretsRequest(
            workspace_id=instance.workspace_id, instance_id=instance.instance_id
        )
        return (await self._secrets.GetSecrets(request)).values


@asynccontextmanager
async def build(settings: ExecutorSettings, tracing: Tracing) -> AsyncGenerator[None]:
    """Run the executor while the block runs."""
    policy = EgressPolicy.parse(settings.egress_allow, deny_ports=settings.own_ports())
    pool = SandboxPool(
        per_key=settings.sandboxes_per_instance,
        idle=settings.warm_sandboxes,
        idle_bytes=settings.warm_bytes,
        wait_s=settings.wait_s,
    )
    egress_client = EgressClient(
        policy=policy,
        max_connections=settings.connections,
        max_connections_per_host=settings.connections_per_host,
    )
    async with (
        egress_client as egress,
        Bus.open(settings.nats_url, name="executor") as bus,
        _deployments(settings, tracing, bus) as deployments,
        UsageMeter(
            publish=bus.publish_all,
            limit_s=lambda workspace_id: allowance_s(settings.monthly_compute_s, deployments.workspace(workspace_id)),
        ).running() as usage,
    ):
        executor = make_executor(
            cache_dir=settings.data_dir / "images",
            outside=NetworkOutside(egress),
            pool=pool,
            image_capacity=settings.loaded_images,
            image_bytes=settings.image_bytes,
            turns=Turns(spend=usage.spend),
            caches=SharedCaches(settings.cache_limits),
        )
        programs = Programs(
            deployments=deployments, pool=pool, limits=settings.limits, concurrency=settings.workspace_concurrency
        )
        servicer = ExecutorServicer(
            executor=executor, programs=programs, usage=usage, waiting_events=settings.waiting_events
        )
        previews = PreviewServicer(executor=executor.for_trials(), programs=programs, usage=usage)
        with observing(pool), observing_memory(pool):
            async with _serving(settings, servicer, previews, tracing), _sweeping(programs, executor.caches):
                yield
        pool.close()


@asynccontextmanager
async def _deployments(settings: ExecutorSettings, tracing: Tracing, bus: Bus) -> AsyncGenerator[PublishedDeployments]:
    token = settings.service_token.get_secret_value()
    async with (
        ConfigView(bus, [config_pb2.InstanceConfig, config_pb2.WorkspaceConfig]).watch() as config,
        connect(settings.secrets_address, token=token, interceptors=client_interceptors(tracing)) as secrets,
    ):
        await config.ready()
        stub = secrets_service_pb2_grpc.SecretsServiceStub(secrets)
        yield PublishedDeployments(config=config, code=CodeStore(bus), secrets=stub)


@asynccontextmanager
async def _serving(
    settings: ExecutorSettings, servicer: ExecutorServicer, previews: PreviewServicer, tracing: Tracing
) -> AsyncGenerator[None]:
    def add(server: grpc.aio.Server) -> None:
        preview_service_pb2_grpc.add_PreviewServiceServicer_to_server(previews, server)
        executor_service_pb2_grpc.add_ExecutorServiceServicer_to_server(servicer, server)

    server = RpcServer(
        address=settings.grpc_address,
        names=[SERVICE, PREVIEWS],
        add=add,
        authenticate=ServiceAuthenticator(load_identities(settings.identities_file)),
        tracing=tracing,
        # Its requests carry the context of each event.
        untraced=[f"{SERVICE}/Invoke"],
    )
    await server.start()
    try:
        yield
    finally:
        await server.stop()


@asynccontextmanager
async def _sweeping(programs: Programs, caches: SharedCaches) -> AsyncGenerator[None]:
    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            programs.forget_expired()
            caches.sweep()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(sweep())
        yield
        task.cancel()
