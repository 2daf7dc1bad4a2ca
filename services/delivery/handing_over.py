"""Handing deliveries over to the log, to each destination no more than may wait for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.config.v1 import config_pb2
from services.delivery.publishing import publish_persistently
from shared.bus import Ack, Backlogs, Bus, ConfigView, Publication, backlog_full
from shared.bus.subjects import DELIVERIES
from shared.errors import PenstockError


@dataclass(frozen=True, slots=True)
class Leaving:
    """A delivery that is about to be published; `repeated` when that may have happened before."""

    destination_id: str
    publication: Publication
    repeated: bool


class HandingOver:
    """Publishes deliveries, of all sources."""

    def __init__(self, bus: Bus, config: ConfigView) -> None:
        self._bus = bus
        self._config = config
        self._backlogs = Backlogs(bus, DELIVERIES)

    async def publish(self, leaving: Sequence[Leaving]) -> list[Ack | PenstockError]:
        """Publish until the log has answered for each: an ack, or BACKLOG_FULL where a destination takes no more."""
        refused = await self._refused(leaving)
        results = await publish_persistently(
            self._bus, [each.publication for number, each in enumerate(leaving) if number not in refused]
        )
        answers = iter(results)
        return [backlog_full() if number in refused else next(answers) for number in range(len(leaving))]

    async def _refused(self, leaving: Sequence[Leaving]) -> set[int]:
        """Find those above the limits of their destinations.

        What may be in the log already is never among them: it would be delivered, and a dead letter as well.
        """
        limited: defaultdict[str, list[int]] = defaultdict(list)
        for number, each in enumerate(leaving):
            if not each.repeated and self._limit(each.destination_id):
                limited[each.destination_id].append(number)
        refused: set[int] = set()
        for destination_id, numbers in limited.items():
            subject = leaving[numbers[0]].publication.subject
            admitted = await self._backlogs.admit(subject, self._limit(destination_id), len(numbers))
            refused.update(numbers[admitted:])
        return refused

    def _limit(self, destination_id: str) -> int:
        destination = self._config.get(config_pb2.DestinationConfig, destination_id)
        return destination.backlog_limit if destination else 0
