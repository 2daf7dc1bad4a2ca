"""The account of a storm: what the senders were told, what the receiver got, and what Penstock says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.delivery.v1 import delivery_service_pb2 as contract
from penstock.delivery.v1 import delivery_service_pb2_grpc
from penstock.event.v1 import outcome_pb2
from tests.e2e.penstock import Penstock
from tests.faults import fate
from tests.faults.functions import Made
from tests.faults.receiver import Counts
from tests.faults.senders import Answer, Answers

_PAGE = 1000
_TIMEOUT_S = 60


@dataclass(slots=True)
class Destination:
    """What became of the events that had to reach a destination."""

    owed: int = 0
    delivered: int = 0
    dead: int = 0
    both: int = 0
    # Also of events whose sender had no answer.
    delivered_in_all: int = 0
    missing: list[int] = field(default_factory=list[int])
    unexpected: list[int] = field(default_factory=list[int])
    repeats: int = 0
    refusals: int = 0


@dataclass(slots=True)
class Account:
    """Everything that is compared at the end."""

    answers: Mapping[str, int]
    destinations: Mapping[str, Destination]
    torn: list[int]
    counters: Mapping[str, Counter[str]]
    duplicates: Mapping[str, int]

    @property
    def deliveries(self) -> int:
        """Deliveries that arrived, each once."""
        return sum(each.delivered_in_all for each in self.destinations.values())

    @property
    def repeats(self) -> int:
        """Deliveries that the receiver took more than once, counted each time."""
        return sum(each.repeats for each in self.destinations.values())


def settle(running: Penstock, made: Made, answers: Answers, folder: Path) -> Account:
    """Compare everything, once nothing is on its way any more."""
    destinations = {name: _destination(running, made, answers, folder, name) for name in fate.DESTINATIONS}
    told = Counter(Answer(each).name.lower() for each in answers.of)
    statistics = {name: _statistics(running, destination_id) for name, destination_id in made.destination_ids.items()}
    return Account(
        answers={name: told[name] for name in ("accepted", "refused", "unknown")},
        destinations=destinations,
        torn=_torn(answers, folder, _dead_letters_of_all(running, made)),
        counters={name: counts for name, (counts, _) in statistics.items()},
        duplicates={name: duplicates for name, (_, duplicates) in statistics.items()},
    )


def _destination(running: Penstock, made: Made, answers: Answers, folder: Path, name: str) -> Destination:
    counts = Counts(folder, name, answers.events)
    dead = set(_dead_letters(running, made.destination_ids[name]))
    found = Destination(dead=len(dead), both=sum(counts.taken[number] > 0 for number in dead))
    for number, answer in enumerate(answers.of):
        taken, owed = counts.taken[number], name in fate.destinations(number)
        found.delivered_in_all += taken > 0
        found.repeats += max(0, taken - 1)
        found.refusals += counts.refused[number]
        if (taken or counts.refused[number] or number in dead) and (
            not owed or answer in {Answer.NOT_SENT, Answer.REFUSED}
        ):
            found.unexpected.append(number)
        if owed and answer == Answer.ACCEPTED:
            found.owed += 1
            found.delivered += taken > 0
            if not taken and number not in dead:
                found.missing.append(number)
    return found


def _torn(answers: Answers, folder: Path, dead: Mapping[str, set[int]]) -> list[int]:
    """List events without an answer that reached a part of their destinations alone."""
    counts = {name: Counts(folder, name, answers.events) for name in fate.DESTINATIONS}
    torn: list[int] = []
    for number, answer in enumerate(answers.of):
        if answer == Answer.UNKNOWN:
            arrived = {counts[name].taken[number] > 0 or number in dead[name] for name in fate.destinations(number)}
            if len(arrived) > 1:
                torn.append(number)
    return torn


def _dead_letters_of_all(running: Penstock, made: Made) -> dict[str, set[int]]:
    return {name: set(_dead_letters(running, made.destination_ids[name])) for name in fate.DESTINATIONS}


def _dead_letters(running: Penstock, destination_id: str) -> Iterator[int]:
    request = contract.ListDeliveriesRequest(
        status=outcome_pb2.STATUS_EXHAUSTED, destination_id=destination_id, page_size=_PAGE
    )
    with running.channel() as channel:
        stub: Any = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
        while True:
            page = stub.ListDeliveries(request, metadata=running.as_owner, timeout=_TIMEOUT_S, wait_for_ready=True)
            yield from (int(each.message_id) for each in page.deliveries)
            request.page_token = page.next_page_token
            if not request.page_token:
                return


def _statistics(running: Penstock, destination_id: str) -> tuple[Counter[str], int]:
    request = contract.GetDeliveryStatsRequest(destination_id=destination_id)
    with running.channel() as channel:
        stub: Any = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
        counts = stub.GetDeliveryStats(
            request, metadata=running.as_owner, timeout=_TIMEOUT_S, wait_for_ready=True
        ).counts
    by_status: Counter[str] = Counter()
    for each in counts:
        by_status[outcome_pb2.Status.Name(each.status).removeprefix("STATUS_").lower()] += each.count
    return by_status, sum(each.duplicates for each in counts)
