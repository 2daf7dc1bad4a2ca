"""`penstock up` over PostgreSQL: one database, a schema for each service, through kills and a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest
from sqlalchemy import text

from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import delivery_service_pb2_grpc
from penstock.event.v1 import outcome_pb2
from shared.database import Database
from tests.databases import Postgres
from tests.databases import postgres as postgres  # noqa: PLC0414 a fixture
from tests.e2e.outside import Outside
from tests.e2e.penstock import Penstock, eventually, penstock, post, up, without_colors

pytestmark = pytest.mark.slow
FUNCTIONS = Path(__file__).parent / "functions"
SOURCE, DESTINATION = FUNCTIONS / "source.js", FUNCTIONS / "destination.js"


def succeeded(running: Penstock) -> int:
    """Count what the counters say was delivered; -1 while they cannot be read."""
    with running.channel() as channel:
        stub = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
        try:
            stats = stub.GetDeliveryStats(delivery.GetDeliveryStatsRequest(), metadata=running.as_owner, timeout=10)
        except grpc.RpcError:
            return -1
    return sum(
        each.count
        for each in stats.counts
        if each.stage == outcome_pb2.STAGE_DESTINATION and each.status == outcome_pb2.STATUS_SUCCEEDED
    )


@pytest.mark.timeout(300)
def test_the_way_of_events_over_postgresql(tmp_path: Path, postgres: Postgres, outside: Outside) -> None:
    url = postgres.create_database()
    options = ("--egress-allow", "127.0.0.1/32")
    with up(tmp_path / "data", *options, PENSTOCK_DATABASE_URL=url) as running:
        hook = running.connect(SOURCE, DESTINATION, endpoint=outside.url, name="pg")
        event_id = post(hook, {"id": "0"}).json()["event_id"]
        eventually(lambda: running.deliveries(event_id, status=outcome_pb2.STATUS_SUCCEEDED))

        # With the database dead, events are delivered all the same, restarts included.
        postgres.kill()
        running.kill("services.delivery")
        for number in range(1, 50):
            assert post(hook, {"id": str(number)}).status_code == 202
        eventually(lambda: len({arrived.body["id"] for arrived in outside.arrived}) == 50, what="all have arrived")
        done = running.run("sources", "list")
        assert done.returncode == 1
        assert "The database cannot be reached" in without_colors(done.stderr)

        postgres.start()
        eventually(lambda: running.run("sources", "list").returncode == 0, what="registry is back")
        eventually(lambda: succeeded(running) == 50, what="the counters have caught up")

    with up(tmp_path / "data", *options, PENSTOCK_DATABASE_URL=url) as running:
        assert [each["name"] for each in running.json("sources", "list")] == ["pg"]
        assert succeeded(running) == 50
    assert not list((tmp_path / "data").glob("registry.db*"))
    found = asyncio.run(schemas(url))
    postgres.drop_database(url)
    assert {"registry", "secrets", "delivery"} <= found
    assert "public" not in found


async def schemas(url: str) -> set[str]:
    """Give the schemas that have tables."""
    database = Database(url=url, schema="public")
    async with database.read() as session:
        query = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT LIKE 'pg%'"
        found = {schema for (schema,) in await session.execute(text(query))}
    await database.close()
    return found


@pytest.mark.parametrize("url", ["sqlite:////tmp/one.db", "mysql://h/n", "nonsense"])
def test_a_url_of_no_shared_database_is_refused(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", url)
    done = penstock("up", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "PENSTOCK_DATABASE_URL" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
