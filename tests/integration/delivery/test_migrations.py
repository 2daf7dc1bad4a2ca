"""The migrations make exactly the tables that the code works with, also of an older release's."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import text

from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import delivery_pb2, outcome_pb2
from shared.database import Database, migrate
from tests.integration.delivery.harness import Harness
from tests.integration.delivery.read_side import MIGRATIONS, person, read_side, reasons

OLD_ROW = """
INSERT INTO deliveries (delivery_id, workspace_id, event_id, message_id, source_id, destination_id, status, reason,
 attempts, event_type, event_name, received_us, updated_us, next_attempt_us, trace_id, ordinal)
VALUES ('dlv_old', 'ws_1', 'evt_1', 'm1', 'src_s', 'dst_a', 5, 'RETRY', 10, 'track', 'Tested', 0, 0, 0, '', 1)
"""


async def test_a_dead_letter_of_an_older_release_can_be_replayed(
    harness: Harness, database_url: str, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    shutil.copy(MIGRATIONS / "v0001_outcomes.py", older)
    database = Database(url=database_url, schema="delivery")
    await migrate(database, versions=older)
    evidence = outcome_pb2.Evidence(
        delivery=delivery_pb2.Delivery(
            event_id="evt_1", message_id="m1", workspace_id="ws_1", source_id="src_s", destination_id="dst_a"
        )
    )
    async with database.write() as session:
        await session.execute(text("INSERT INTO projections (name, sequence, ordinal) VALUES ('outcomes', 0, 1)"))
        await session.execute(text(OLD_ROW))
        row = "INSERT INTO evidence (delivery_id, workspace_id, destination_id, status, evidence, ordinal)"
        values = {"evidence": evidence.SerializeToString()}
        await session.execute(text(f"{row} VALUES ('dlv_old', 'ws_1', 'dst_a', 5, :evidence, 1)"), values)
    await database.close()
    await harness.destination("a")
    async with read_side(harness.bus, database_url, tmp_path) as reads, reads.replaying():
        request = contract.GetDeliveryRequest(delivery_id="dlv_old")
        shown = (await reads.stub.GetDelivery(request, metadata=person())).delivery
        assert (shown.status, shown.replay, shown.version_id) == (outcome_pb2.STATUS_EXHAUSTED, 0, "")
        # Nobody knows what ran then.
        then = await reads.ended(await reads.replay(version=replay_pb2.REPLAY_VERSION_THEN))
        assert reasons(then.skipped) == {"NO_VERSION": 1}
        assert (await reads.ended(await reads.replay())).published == 1
