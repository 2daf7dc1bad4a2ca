"""Measures folding of outcomes into SQL, over both databases: `python -m tests.bench.projector`.

Half of the outcomes are source runs that succeeded, half deliveries, one in ten of these a failure with evidence. The
log is left out: what is measured is what each batch costs once it is here.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from penstock.event.v1 import outcome_pb2
from services.delivery.read_side import MIGRATIONS
from services.delivery.settings import ReadModelLimits
from services.delivery.store import Store
from shared.database import Database, migrate
from tests.bench.figure import Figure, show
from tests.databases import Postgres
from tests.integration.delivery.test_projector import RETRYING, SUCCEEDED, outcome

BATCH = 200
_FAILURE_EVERY = 20


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="penstock-pg-", ignore_cleanup_errors=True) as folder:
        postgres = Postgres(Path(folder))
        postgres_url = postgres.create_database()
        with tempfile.TemporaryDirectory() as data:
            sqlite_url = f"sqlite:///{data}/delivery.db"
            show("folding outcomes into SQL", asyncio.run(measure(sqlite_url, postgres_url)))
        postgres.stop()


async def measure(*urls: str, outcomes: int = 10_000) -> list[Figure]:
    """Fold the same outcomes into each database, the first being what the others are compared with."""
    figures: list[Figure] = []
    first = 0.0
    for url in urls:
        took_s, computed_s = await _fold(url, outcomes)
        first = first or took_s
        engine = url.partition(":")[0]
        figures += [
            Figure(
                f"{engine}: outcomes/s (of {urls[0].partition(':')[0]})",
                f"{outcomes / took_s:,.0f} ({first / took_s:.2f})",
            ),
            Figure(f"{engine}: processor time of this process", f"{computed_s / outcomes * 1e6:.0f} µs an outcome"),
        ]
    return figures


async def _fold(url: str, count: int) -> tuple[float, float]:
    database = Database(url=url, schema="delivery", synced=False)
    await migrate(database, versions=MIGRATIONS)
    store = Store(database, ReadModelLimits())
    batches = [_batch(start) for start in range(0, count + BATCH, BATCH)]
    await store.fold(batches[0], after=0, upto=1)
    start_s, computed_s = time.perf_counter(), time.process_time()
    for sequence, batch in enumerate(batches[1:], start=1):
        await store.fold(batch, after=sequence, upto=sequence + 1)
    took = time.perf_counter() - start_s, time.process_time() - computed_s
    await database.close()
    return took


def _batch(start: int) -> Sequence[outcome_pb2.Outcome]:
    made: list[outcome_pb2.Outcome] = []
    for number in range(start, start + BATCH):
        each = outcome(number // 2, RETRYING if number % _FAILURE_EVERY == 1 else SUCCEEDED, minute=number // 1000)
        if number % 2 == 0:
            each.stage = outcome_pb2.STAGE_SOURCE
            each.destination_id = each.message_id = ""
        made.append(each)
    return made


if __name__ == "__main__":
    main()
