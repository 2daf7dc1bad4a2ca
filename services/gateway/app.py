"""What the gateway is made of."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc

from penstock.config.v1 import config_pb2
from penstock.delivery.v1 import delivery_service_pb2, destination_health_pb2, usage_pb2
from penstock.executor.v1 import preview_service_pb2
from penstock.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc
from penstock.registry.v1 import (
    audit_pb2,
    destination_pb2,
    filter_pb2,
    function_pb2,
    insert_function_instance_pb2,
    member_pb2,
    source_pb2,
    token_pb2,
    workspace_pb2,
)
from penstock.secrets.v1 import access_service_pb2, key_service_pb2
from services.gateway.accept import Acceptor
from services.gateway.api.app import ManagementApi
from services.gateway.api.call import Services
from services.gateway.api.operations import OPERATIONS
from services.gateway.api.rate_limits import RateLimits
from services.gateway.connections import ConnectionLimits
from services.gateway.forward import Forwarder, OneOwner, Owner
from services.gateway.http import make_app, serving
from services.gateway.ingest import IngestService
from services.gateway.metrics_page import MetricsPage
from services.gateway.room import Room
from services.gateway.settings import GatewaySettings
from services.gateway.tokens import Tokens
from services.gateway.webhooks import Webhooks
from shared.bus import Bus, ConfigView
from shared.rpc.choice import ExecutorChoice
from shared.rpc.client import connect
from shared.rpc.server import RpcServer
from shared.telemetry.rpc_client import client_interceptors
from shared.telemetry.tracing import Tracing

_INGEST = ingest_service_pb2.DESCRIPTOR.services_by_name.values()
_OF_EXECUTOR = preview_service_pb2.DESCRIPTOR.services_by_name.values()
_OF_DELIVERY = [
    service
    for contract in (delivery_service_pb2, destination_health_pb2, usage_pb2)
    for service in contract.DESCRIPTOR.services_by_name.values()
]
_OF_REGISTRY = [
    service
    for contract in (
        audit_pb2,
        destination_pb2,
        filter_pb2,
        function_pb2,
        insert_function_instance_pb2,
        member_pb2,
        source_pb2,
        token_pb2,
        workspace_pb2,
    )
    for service in contract.DESCRIPTOR.services_by_name.values()
]
# Not the service that gives plaintext: it has nothing for people.
_OF_SECRETS = [
    service
    for contract in (access_service_pb2, key_service_pb2)
    for service in contract.DESCRIPTOR.services_by_name.values()
]


@asynccontextmanager
async def build(settings: GatewaySettings, tracing: Tracing) -> AsyncGenerator[None]:
    """Run the gateway while the block runs."""
    async with (
        Bus.open(settings.nats_url, name="gateway") as bus,
        ConfigView(bus, [config_pb2.SourceConfig, config_pb2.TokenConfig]).watch() as config,
        _channel(settings, tracing, settings.registry_address) as registry,
        _channel(settings, tracing, settings.delivery_address) as delivery,
        _executors(settings, tracing) as executors,
        _channel(settings, tracing, settings.secrets_address) as secrets,
    ):
        tokens, room, limits = Tokens(config), Room(settings.in_flight_bytes), _limits(settings)
        acceptor = Acceptor(bus)
        webhooks = Webhooks(
            tokens=tokens, acceptor=acceptor, tracing=tracing, room=room, body_bytes=settings.webhook_body_bytes
        )
        ingest = IngestService(
            tokens=tokens, acceptor=acceptor, tracing=tracing, room=room, message_bytes=settings.message_bytes
        )
        owners: dict[str, Owner] = {service.full_name: OneOwner(registry) for service in _OF_REGISTRY}
        owners |= {service.full_name: OneOwner(delivery) for service in _OF_DELIVERY}
        owners |= {service.full_name: executors for service in _OF_EXECUTOR}
        owners |= {service.full_name: OneOwner(secrets) for service in _OF_SECRETS}
        server = _rpc_server(settings, tracing, tokens, ingest, Forwarder(owners))
        metrics = MetricsPage(
            resource=tracing.resource,
            peers=[address for address in settings.metrics_peers if address != settings.metrics_address],
            token=settings.metrics_token.get_secret_value(),
            http_address=settings.http_address,
        )
        app = make_app(
            webhooks=webhooks,
            api=_api(settings, tracing, tokens, Services(registry=registry, delivery=delivery, executors=executors)),
            metrics=metrics,
            is_ready=lambda: config.is_ready and bus.is_connected and not limits.closing,
        )
        await server.start()
        try:
            async with serving(app, settings.http_address, limits=limits, stop_notice_s=settings.stop_notice_s):
                yield
        finally:
            await server.stop()


def _limits(settings: GatewaySettings) -> ConnectionLimits:
    return ConnectionLimits(
        connections=settings.http_connections,
        header_bytes=settings.http_header_bytes,
        header_timeout_s=settings.http_header_timeout_s,
        body_timeout_s=settings.webhook_body_timeout_s,
    )


def _api(settings: GatewaySettings, tracing: Tracing, tokens: Tokens, services: Services) -> ManagementApi:
    return ManagementApi(
        operations=OPERATIONS,
        services=services,
        tokens=tokens,
        tracing=tracing,
        limits=RateLimits(
            token_points=settings.api_token_points,
            address_points=settings.api_address_points,
            window_s=settings.api_window_s,
        ),
        room=Room(settings.api_in_flight_bytes),
        body_bytes=settings.api_body_bytes,
        timeout_s=settings.api_timeout_s,
    )


def _channel(settings: GatewaySettings, tracing: Tracing, address: str) -> grpc.aio.Channel:
    return connect(address, token=settings.service_token.get_secret_value(), interceptors=client_interceptors(tracing))


@asynccontextmanager
async def _executors(settings: GatewaySettings, tracing: Tracing) -> AsyncGenerator[ExecutorChoice]:
    async with AsyncExitStack() as stack:
        yield ExecutorChoice(
            {
                address: await stack.enter_async_context(_channel(settings, tracing, address))
                for address in settings.executor_addresses
            }
        )


def _rpc_server(
    settings: GatewaySettings, tracing: Tracing, tokens: Tokens, ingest: IngestService, forwarder: Forwarder
) -> RpcServer:
    def add(server: grpc.aio.Server) -> None:
        ingest_service_pb2_grpc.add_IngestServiceServicer_to_server(ingest, server)
        server.add_generic_rpc_handlers((forwarder,))

    return RpcServer(
        address=settings.grpc_address,
        names=[service.full_name for service in (*_INGEST, *_OF_REGISTRY, *_OF_DELIVERY, *_OF_EXECUTOR, *_OF_SECRETS)],
        add=add,
        authenticate=tokens.authenticate,
        tracing=tracing,
        # Each of its messages is a trace of its own.
        untraced=[f"{service.full_name}/" for service in _INGEST],
        max_calls=settings.grpc_calls,
    )
