"""What delivery is made of: workers over the log, and a read side: a projector into SQL, a service that reads there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import uuid4

import grpc

from penstock.config.v1 import config_pb2
from penstock.delivery.v1 import (
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    destination_health_pb2,
    destination_health_pb2_grpc,
    usage_pb2,
    usage_pb2_grpc,
)
from services.delivery.allotments import Allotments
from services.delivery.backlogs import Backlogs
from services.delivery.clock import Clock
from services.delivery.delivery_metrics import DeliveryMetrics
from services.delivery.disabling import Disabling, by_counters, by_registry
from services.delivery.execution_time import ExecutionTime
from services.delivery.health_servicer import DestinationHealthService
from services.delivery.invoking import Invoker
from services.delivery.leftovers import Leftovers
from services.delivery.lock_out import LockOut
from services.delivery.metric_pruning import MetricPruning
from services.delivery.metrics import IN_FLIGHT
from services.delivery.notices import Notices
from services.delivery.projector import Projector, outcomes_behind
from services.delivery.read_side import ReadSide
from services.delivery.replay_claims import ReplayClaims
from services.delivery.replayer import Replayer
from services.delivery.replays import Replays
from services.delivery.servicer import DeliveryService
from services.delivery.settings import DeliverySettings
from services.delivery.spans import Spans
from services.delivery.store import Store
from services.delivery.usage_servicer import UsageService
from services.delivery.workers import Workers
from shared.bus import Bus, ConfigView, declare_streams
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.choice import ExecutorChoice
from shared.rpc.client import connect
from shared.rpc.identity import load_identities
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing

# What needs the database, and what does not.
_READ_NAMES = [
    service.full_name
    for contract in (delivery_service_pb2, usage_pb2)
    for service in contract.DESCRIPTOR.services_by_name.values()
]
_NAMES = [
    *_READ_NAMES,
    *(service.full_name for service in destination_health_pb2.DESCRIPTOR.services_by_name.values()),
]
_DAY_S = 24 * 3600.0
_CONFIG = [config_pb2.SourceConfig, config_pb2.DestinationConfig, config_pb2.WorkspaceConfig]


@asynccontextmanager
async def build(settings: DeliverySettings, tracing: Tracing) -> AsyncGenerator[None]:
    """Run delivery while the block runs. Events flow without the database; what becomes of them is told later."""
    async with AsyncExitStack() as stack:
        # What is lost of it is folded again: how far it came is lost with it.
        database = settings.database("delivery", synced=False)
        stack.push_async_callback(database.close)
        bus = await stack.enter_async_context(Bus.open(settings.nats_url, name="delivery"))
        await declare_streams(bus, settings.streams)
        config = await stack.enter_async_context(ConfigView(bus, _CONFIG).watch())
        store = Store(database, settings.read_models)
        clock = Clock()
        disabling = Disabling(
            bus=bus,
            after_s=settings.disable_after_days * _DAY_S,
            disable=by_registry(await stack.enter_async_context(_registry(settings))),
            has_succeeded=by_counters(database),
            clock=clock,
        )
        await disabling.load()
        allotments = Allotments(config, execution_s=settings.monthly_execution_s, lock_out=settings.lock_out)
        lock_out = LockOut(allotments, clock)
        workers = Workers(
            bus=bus,
            config=config,
            invoker=Invoker(await _executors(settings, stack), timeout_s=settings.invoke_timeout_s),
            spans=Spans(tracing),
            settings=settings,
            disabling=disabling,
            lock_out=lock_out,
            clock=clock,
        )
        claims = ReplayClaims(database, owner=uuid4().hex, lease_s=settings.replays.lease_s)
        replayer = Replayer(bus=bus, config=config, claims=claims, folded=store.sequence, tracing=tracing)
        service = DeliveryService(
            store,
            Replays(database, unfinished=settings.replays.unfinished_per_workspace),
            DeliveryMetrics(database),
            highest_rate=settings.replays.max_per_second,
            outcomes_behind=partial(outcomes_behind, bus, store),
            on_begun=replayer.wake,
        )
        execution = ExecutionTime(database)
        usage = UsageService(
            execution=execution,
            allotments=allotments,
            lock_out=lock_out,
            outcomes_behind=partial(outcomes_behind, bus, store),
            clock=clock,
        )
        server = _rpc_server(settings, tracing, service, usage, workers)
        await server.start()
        stack.push_async_callback(server.stop)
        notices = Notices(
            bus=bus, config=config, allotments=allotments, execution=execution, used=store.used, clock=clock
        )
        read_side = ReadSide(
            database=database,
            projector=Projector(bus, store),
            beside=[notices.run, MetricPruning(database, clock).run],
            server=server,
            names=_READ_NAMES,
        )
        stack.enter_context(IN_FLIGHT.observing(workers.in_flight))
        await stack.enter_async_context(Backlogs(bus).observed())
        async with asyncio.TaskGroup() as tasks:
            running = (read_side.run(), disabling.run(), lock_out.run(bus), Leftovers(bus, clock).run())
            beside = [tasks.create_task(each) for each in running]
            async with replayer.running(), workers.running():
                yield
            for each in beside:
                each.cancel()


async def _executors(settings: DeliverySettings, stack: AsyncExitStack) -> ExecutorChoice:
    token = settings.service_token.get_secret_value()
    return ExecutorChoice(
        {
            address: await stack.enter_async_context(connect(address, token=token))
            for address in settings.executor_addresses
        }
    )


def _registry(settings: DeliverySettings) -> grpc.aio.Channel:
    return connect(settings.registry_address, token=settings.service_token.get_secret_value())


def _rpc_server(
    settings: DeliverySettings, tracing: Tracing, service: DeliveryService, usage: UsageService, workers: Workers
) -> RpcServer:
    def add(server: grpc.aio.Server) -> None:
        delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server(service, server)
        usage_pb2_grpc.add_UsageServiceServicer_to_server(usage, server)
        destination_health_pb2_grpc.add_DestinationHealthServiceServicer_to_server(
            DestinationHealthService(workers), server
        )

    return RpcServer(
        address=settings.grpc_address,
        names=_NAMES,
        add=add,
        authenticate=ServiceAuthenticator(load_identities(settings.identities_file)),
        tracing=tracing,
    )
