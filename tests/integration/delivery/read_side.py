"""What became of events, as people see it: projector, `DeliveryService` and replayer, over the log of a test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2_grpc as contract_grpc
from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import outcome_pb2
from services.delivery import app
from services.delivery.delivery_metrics import DeliveryMetrics
from services.delivery.projector import Projector, outcomes_behind
from services.delivery.replay_claims import ReplayClaims
from services.delivery.replayer import Replayer
from services.delivery.replays import Replays
from services.delivery.servicer import DeliveryService
from services.delivery.settings import ReadModelLimits
from services.delivery.store import Store
from shared.bus import Bus, ConfigView
from shared.database import Database, migrate
from shared.rpc.access import ServiceAuthenticator
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import load_identities, make_tokens
from shared.rpc.server import RpcServer
from shared.telemetry.tracing import Tracing
from tests.polling import until

MIGRATIONS = Path(app.__file__).parent / "migrations"
HIGHEST_RATE = 1000
LEASE_S = 0.5


def person(workspace: str = "ws_1", *roles: access_pb2.Role.ValueType) -> Any:
    """Metadata of a person's call; the owner's without roles."""
    actor = access_pb2.Actor(workspace_id=workspace, token_id="tok_1", roles=roles or [access_pb2.ROLE_OWNER])
    return acting_for(actor)


@asynccontextmanager
async def serving_deliveries(
    database: Database, store: Store, bus: Bus, folder: Path, *, on_begun: Callable[[], None] = lambda: None
) -> AsyncGenerator[contract_grpc.DeliveryServiceAsyncStub]:
    """Serve `DeliveryService` while the block runs, as the gateway calls it."""
    tokens = make_tokens(folder / "identities")
    service = DeliveryService(
        store,
        Replays(database, unfinished=10),
        DeliveryMetrics(database),
        highest_rate=HIGHEST_RATE,
        outcomes_behind=partial(outcomes_behind, bus, store),
        on_begun=on_begun,
    )

    def add(server: grpc.aio.Server) -> None:
        contract_grpc.add_DeliveryServiceServicer_to_server(service, server)

    server = RpcServer(
        address="127.0.0.1:0",
        names=["penstock.delivery.v1.DeliveryService"],
        add=add,
        authenticate=ServiceAuthenticator(load_identities(folder / "identities" / "identities.json")),
    )
    await server.start()
    async with connect(f"127.0.0.1:{server.port}", token=tokens["gateway"]) as channel:
        yield contract_grpc.DeliveryServiceStub(channel)
    await server.stop()


@asynccontextmanager
async def projecting(bus: Bus, store: Store) -> AsyncGenerator[None]:
    """Fold outcomes while the block runs."""
    task = asyncio.ensure_future(Projector(bus, store, standby_s=0.1).run())
    try:
        yield
    finally:
        # Before Python 3.12 a `wait_for` that is about to end loses the cancellation.
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)


async def folded(bus: Bus, store: Store) -> None:
    """Wait until all that the stream holds is folded."""

    async def caught_up() -> bool:
        return await store.sequence() == (await bus.jetstream.stream_info("OUTCOMES")).state.last_seq

    await until(caught_up)


@dataclass
class ReadSide:
    """The tables, who folds into them, and a person's calls."""

    bus: Bus
    database: Database
    store: Store
    stub: contract_grpc.DeliveryServiceAsyncStub

    async def list(self, *, workspace: str = "ws_1", **wanted: Any) -> list[contract.DeliveryRecord]:
        """List deliveries when all outcomes are folded, the oldest first."""
        await folded(self.bus, self.store)
        request = contract.ListDeliveriesRequest(page_size=1000, **wanted)
        page = await self.stub.ListDeliveries(request, metadata=person(workspace))
        return list(reversed(page.deliveries))

    async def dead(self, **wanted: Any) -> list[contract.DeliveryRecord]:
        """List dead letters."""
        return await self.list(status=outcome_pb2.STATUS_EXHAUSTED, **wanted)

    async def replay(self, *, workspace: str = "ws_1", **request: Any) -> replay_pb2.Replay:
        """Begin a replay, by default of all dead letters."""
        await folded(self.bus, self.store)
        if not {"ids", "filter"} & request.keys():
            request["filter"] = replay_pb2.DeliveryFilter()
        answer = await self.stub.ReplayDeliveries(
            replay_pb2.ReplayDeliveriesRequest(**request), metadata=person(workspace)
        )
        return answer.replay

    async def get(self, replay_id: str, *, workspace: str = "ws_1") -> replay_pb2.Replay:
        """Give a replay."""
        request = replay_pb2.GetReplayRequest(replay_id=replay_id)
        return (await self.stub.GetReplay(request, metadata=person(workspace))).replay

    async def ended(self, replay: replay_pb2.Replay) -> replay_pb2.Replay:
        """Wait until a replay has ended."""

        async def found() -> replay_pb2.Replay | None:
            now = await self.get(replay.replay_id)
            return now if now.HasField("finish_time") else None

        return await until(found) or replay

    async def purge(self, *, workspace: str = "ws_1", **request: Any) -> int:
        """Purge; give how much went."""
        await folded(self.bus, self.store)
        request_ = replay_pb2.PurgeDeliveriesRequest(**request)
        return (await self.stub.PurgeDeliveries(request_, metadata=person(workspace))).purged

    @asynccontextmanager
    async def replaying(
        self,
        *,
        bus: Bus | None = None,
        lease_s: float = LEASE_S,
        tracing: Tracing | None = None,
    ) -> AsyncGenerator[Replayer]:
        """Run a replayer, over this log or another connection to it."""
        bus = bus or self.bus
        claims = ReplayClaims(self.database, owner=uuid4().hex, lease_s=lease_s)
        async with ConfigView(bus, [config_pb2.SourceConfig, config_pb2.DestinationConfig]).watch() as config:
            replayer = Replayer(
                bus=bus,
                config=config,
                claims=claims,
                folded=self.store.sequence,
                tracing=tracing or Tracing(service="delivery", sink=None),
            )
            async with replayer.running():
                yield replayer


def reasons(counts: Any) -> Counter[str]:
    """Make a mapping of counts by reason."""
    return Counter({each.reason: each.count for each in counts})


@asynccontextmanager
async def read_side(bus: Bus, database_url: str, folder: Path) -> AsyncGenerator[ReadSide]:
    """Fold and serve while the block runs."""
    database = Database(url=database_url, schema="delivery")
    await migrate(database, versions=MIGRATIONS)
    limits = ReadModelLimits(deliveries_per_workspace=1000, failures_per_destination=100)
    store = Store(database, limits)
    async with projecting(bus, store), serving_deliveries(database, store, bus, folder) as stub:
        yield ReadSide(bus, database, store, stub)
    await database.close()
