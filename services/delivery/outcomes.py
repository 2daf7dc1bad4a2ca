"""Publishing what tries came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.event.v1 import outcome_pb2
from services.delivery.metrics import measure
from services.delivery.publishing import publish_persistently
from shared.bus import Bus, Publication
from shared.bus.message_ids import delivery_id, outcomes_id
from shared.bus.subjects import outcomes

_BATCH_BYTES = 1024 * 1024


class Outcomes:
    """Publishes outcomes, those that became known together as one message."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, known: Sequence[outcome_pb2.Outcome]) -> None:
        """Publish outcomes of one workspace, and return when the log has them."""
        await publish_persistently(self._bus, [_publication(batch) for batch in _batches(known)])
        measure(known)


def id_of(outcome: outcome_pb2.Outcome) -> str:
    """Name the delivery or source run that an outcome is of."""
    return delivery_id(outcome.event_id, outcome.message_id, outcome.destination_id, outcome.replay)


def _publication(batch: Sequence[outcome_pb2.Outcome]) -> Publication:
    return Publication(
        subject=outcomes(batch[0].workspace_id),
        payload=outcome_pb2.OutcomeBatch(outcomes=batch).SerializeToString(),
        message_id=outcomes_id((id_of(outcome), outcome.attempt, outcome.status) for outcome in batch),
    )


def _batches(known: Sequence[outcome_pb2.Outcome]) -> Iterable[Sequence[outcome_pb2.Outcome]]:
    """Cut into messages of at most 1 MiB, unless a single outcome is larger."""
    batch: list[outcome_pb2.Outcome] = []
    batch_bytes = 0
    for outcome in known:
        size = outcome.ByteSize()
        if batch and batch_bytes + size > _BATCH_BYTES:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(outcome)
        batch_bytes += size
    if batch:
        yield batch
