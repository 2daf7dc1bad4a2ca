"""The database dies, hangs or fills up: deliveries go on, and afterwards the counters are exact."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from penstock.access.v1 import access_pb2
from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2_grpc as contract_grpc
from penstock.event.v1 import outcome_pb2
from services.delivery.app import build
from services.delivery.settings import DeliverySettings
from shared.errors import Unavailable
from shared.rpc.client import acting_for, connect
from shared.rpc.identity import make_tokens
from shared.telemetry.tracing import Tracing
from tests.databases import Postgres
from tests.executor import returned
from tests.integration.delivery.harness import WORKSPACE, Harness, settings, track
from tests.nats import NatsServer, free_port
from tests.polling import until

OWNER = acting_for(access_pb2.Actor(workspace_id=WORKSPACE, roles=[access_pb2.ROLE_OWNER]))
NAME = "penstock.delivery.v1.DeliveryService"
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Running:
    """A whole delivery, and how it is asked."""

    def __init__(self, harness: Harness, channel: grpc.aio.Channel) -> None:
        self._harness = harness
        self._channel = channel
        self._sent = 0

    async def deliver(self, count: int) -> None:
        """Send events, and wait until the destination has them."""
        await self._harness.send([track(number) for number in range(self._sent, self._sent + count)])
        self._sent += count
        await until(lambda: sum(self._harness.executor.runs.values()) >= self._sent)

    async def delivered(self) -> int:
        """Give the counter of what was delivered. Raises Unavailable."""
        request = contract.GetDeliveryStatsRequest()
        stub = contract_grpc.DeliveryServiceStub(self._channel)
        stats = await stub.GetDeliveryStats(request, metadata=OWNER)
        return sum(each.count for each in stats.counts if each.stage == outcome_pb2.STAGE_DESTINATION)

    async def has_caught_up(self) -> bool:
        """Tell whether the counters have all that was sent."""
        try:
            return await self.delivered() == self._sent
        except Unavailable:
            return False

    async def tells(self, status: int) -> bool:
        """Tell whether this is the health of what reads the database; all else serves."""
        assert await self.health("") == SERVING
        return await self.health(NAME) == status

    async def health(self, name: str) -> int:
        """Give the health of a service, or of the process."""
        stub: health_pb2_grpc.HealthStub = health_pb2_grpc.HealthStub(self._channel)  # pyright: ignore[reportArgumentType]
        request = health_pb2.HealthCheckRequest(service=name)
        answer: health_pb2.HealthCheckResponse = await stub.Check(request)  # pyright: ignore[reportGeneralTypeIssues]
        return answer.status


@asynccontextmanager
async def running(harness: Harness, nats: NatsServer, url: str) -> AsyncGenerator[Running]:
    """Run delivery as its process does, with one source that leads to one destination."""
    tokens = make_tokens(harness.folder / "identities")
    values = settings().model_dump() | {
        "data_dir": harness.folder,
        "database_url": url,
        "nats_url": nats.url,
        "grpc_address": f"127.0.0.1:{free_port()}",
        "executor_addresses": [harness.executor_address],
        "identities_file": harness.folder / "identities" / "identities.json",
    }
    harness.executor.scripts["ins_a"] = lambda _: returned()
    await harness.destination("a")
    await harness.source(to=["a"])
    made = DeliverySettings.model_validate(values)
    tracing = Tracing(service="delivery", sink=None)
    async with build(made, tracing), connect(made.grpc_address, token=tokens["gateway"]) as channel:
        yield Running(harness, channel)


async def test_deliveries_go_on_while_postgresql_is_dead(
    harness: Harness, nats_server: NatsServer, postgres: Postgres, postgres_url: str
) -> None:
    async with running(harness, nats_server, postgres_url) as delivery:
        await delivery.deliver(50)
        await until(delivery.has_caught_up)
        for _ in range(2):
            postgres.kill()
            await delivery.deliver(300)
            with pytest.raises(Unavailable, match="cannot be reached") as raised:
                await delivery.delivered()
            assert (raised.value.reason, raised.value.retry_delay_s) == ("DATABASE_UNAVAILABLE", 1.0)
            await until(lambda: delivery.tells(NOT_SERVING))
            postgres.start()
            await until(delivery.has_caught_up)
            await until(lambda: delivery.tells(SERVING))


@pytest.mark.slow
async def test_deliveries_go_on_while_postgresql_hangs(
    harness: Harness, nats_server: NatsServer, postgres: Postgres, postgres_url: str
) -> None:
    async with running(harness, nats_server, postgres_url) as delivery:
        await delivery.deliver(50)
        await until(delivery.has_caught_up)
        postgres.freeze()
        await delivery.deliver(300)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await delivery.delivered()
        postgres.thaw()
        await until(delivery.has_caught_up)


async def test_delivery_starts_without_its_database(
    harness: Harness, nats_server: NatsServer, postgres: Postgres, postgres_url: str
) -> None:
    postgres.kill()
    async with running(harness, nats_server, postgres_url) as delivery:
        await delivery.deliver(50)
        assert (await delivery.health(""), await delivery.health(NAME)) == (SERVING, NOT_SERVING)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await delivery.delivered()
        postgres.start()
        await until(delivery.has_caught_up)
        await until(lambda: delivery.tells(SERVING))


async def test_a_missing_database_is_used_once_it_is_made(
    harness: Harness, nats_server: NatsServer, postgres: Postgres, postgres_url: str
) -> None:
    postgres.drop_database(postgres_url)
    async with running(harness, nats_server, postgres_url) as delivery:
        await delivery.deliver(10)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await delivery.delivered()
        postgres.create_database(postgres_url)
        await until(delivery.has_caught_up)


async def test_deliveries_go_on_while_sqlite_is_locked(
    harness: Harness, nats_server: NatsServer, tmp_path: Path
) -> None:
    file = tmp_path / "delivery.db"
    async with running(harness, nats_server, f"sqlite:///{file}") as delivery:
        await delivery.deliver(10)
        await until(delivery.has_caught_up)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await delivery.deliver(300)
            # Readers of a WAL do not wait.
            assert await delivery.delivered() == 10
            other.execute("ROLLBACK")
        await until(delivery.has_caught_up)


@pytest.mark.parametrize("content", [b"no database at all" * 100, None], ids=["damaged", "a folder"])
async def test_deliveries_go_on_without_a_usable_file(
    harness: Harness, nats_server: NatsServer, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "delivery.db"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    async with running(harness, nats_server, f"sqlite:///{file}") as delivery:
        await delivery.deliver(10)
        assert await delivery.health(NAME) == NOT_SERVING
        with pytest.raises(Unavailable):
            await delivery.delivered()
        if content is None:
            file.rmdir()
        else:
            await asyncio.to_thread(file.unlink)
        await until(delivery.has_caught_up, timeout_s=40)
