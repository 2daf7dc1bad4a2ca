"""Each point between two steps: the service dies there, is started again, and nothing is lost or counted twice.

`pytest -s tests/faults/test_crash_points.py` prints the table of docs/reliability.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx2
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.registry.v1 import source_pb2, source_pb2_grpc
from tests.e2e.penstock import eventually
from tests.faults import functions
from tests.faults.account import Account, settle
from tests.faults.doom import Dooms, Point
from tests.faults.functions import Made
from tests.faults.installation import Installation, installation
from tests.faults.receiver import receiving
from tests.faults.report import wrong
from tests.faults.senders import Answers, Senders
from tests.faults.storm import settled

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WEBHOOKS, GROUPS = 40, 2
EVENTS = 20_000
RETRY = {"caps_s": [0.1], "attempts": 5, "period_s": 0}
# Deliveries that are under way together, two for each event: what dies with its worker or executor may be asked again.
IN_FLIGHT = 2 * (WEBHOOKS + 10 * GROUPS)

_FOLD = "services.delivery.store:Store.fold"
_FOLDED = "services.delivery.store:Store._prune"
_PUBLISHED = "shared.bus.publisher:Publisher.publish_all"
_REQUEST = "shared.egress.client:EgressClient.request"


def both(service: str, step: str, place: str, nth: int = 1, *, repeats: int = 0) -> list[Point]:
    """The points before and after a step, with the repeats that each allows."""
    return [
        Point(service, f"before {step}", place, nth, after=False, repeats=repeats),
        Point(service, f"after {step}", place, nth, after=True, repeats=repeats),
    ]


POINTS = [
    *both("gateway", "an event is published", "publish inbox.", 10),
    Point("gateway", "stored, before the answer", _PUBLISHED, 10, after=True),
    Point("delivery", "before the first delivery is published", "publish deliveries."),
    Point("delivery", "after the first delivery is published", "publish deliveries.", after=True, repeats=IN_FLIGHT),
    *both("delivery", "the first outcomes are published", "publish outcomes.", repeats=IN_FLIGHT),
    *both("delivery", "the count of tries is stored", "publish attempts.", repeats=IN_FLIGHT),
    *both("delivery", "an event is acknowledged", "publish $JS.ACK.INBOX", 5, repeats=IN_FLIGHT),
    *both("delivery", "a delivery is acknowledged", "publish $JS.ACK.DELIVERIES", 3, repeats=IN_FLIGHT),
    *both("delivery", "the projector's transaction", _FOLD, repeats=IN_FLIGHT),
    Point("delivery", "folded, before the commit", _FOLDED, after=True, repeats=IN_FLIGHT),
    *both("executor", "a request to the outside", _REQUEST, 5, repeats=IN_FLIGHT),
]


_PUBLISH = "services.registry.publisher:Publisher.publish"
_FORGET = "services.registry.store.outbox:Outbox.forget"
REGISTRY_POINTS = [
    Point("registry", "committed, before the change is published", _PUBLISH),
    *both("registry", "the change is published to CONFIG", "publish $KV.CONFIG."),
    *both("registry", "the outbox forgets what is published", _FORGET),
]


@dataclass(slots=True)
class Bed:
    """One installation for all points, and the account of all that was sent to it."""

    running: Installation
    dooms: Dooms
    made: Made
    senders: Senders
    folder: Path
    repeats: int = 0
    duplicates: int = 0
    table: list[str] = field(default_factory=list[str])

    def is_ready(self) -> bool:
        """Tell whether the gateway takes events."""
        try:
            return httpx2.get(f"{self.running.penstock.http}/readyz", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def account(self) -> Account:
        """Settle what was sent so far."""
        eventually(self.is_ready, what="the gateway is ready")
        asyncio.run(settled(self.running))
        return settle(self.running.penstock, self.made, self.senders.answers, self.folder)


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    folder = tmp_path_factory.mktemp("crashes")
    with receiving(folder, EVENTS) as receiver, installation(folder, retry=RETRY, ack_wait_s=1) as running:
        dooms = Dooms(running.faults, [*POINTS, *REGISTRY_POINTS])
        running.start()
        made = functions.make(running.penstock, receiver)
        url = f"{running.penstock.http}/hooks/{made.webhook_token}"
        senders = Senders(Answers(EVENTS), rate=1, webhook_url=url, write_key=made.write_key)
        senders.grpc_address = running.grpc_address
        bed = Bed(running, dooms, made, senders, folder)
        yield bed
    print("\n| service | dies | accepted | missing | taken twice | allowed | counted as duplicates |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |", *bed.table, sep="\n")


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.service} dies: {point.when}")
def test_nothing_is_lost_and_nothing_counted_twice(bed: Bed, point: Point) -> None:
    accepted = bed.senders.answers.accepted
    eventually(bed.is_ready, what="the gateway is ready")
    bed.dooms.arm(point)
    asyncio.run(bed.senders.send(WEBHOOKS, GROUPS))
    eventually(lambda: not bed.dooms.is_armed, what=f"{point.service} has died")

    account = bed.account()
    repeats, duplicates = account.repeats - bed.repeats, sum(account.duplicates.values()) - bed.duplicates
    bed.repeats, bed.duplicates = account.repeats, sum(account.duplicates.values())
    missing = sum(len(each.missing) for each in account.destinations.values())
    bed.table.append(
        f"| {point.service} | {point.when} | {bed.senders.answers.accepted - accepted} | {missing} "
        f"| {repeats} | {point.repeats} | {duplicates} |"
    )
    assert wrong(account) == []
    assert repeats <= point.repeats


@pytest.mark.parametrize("point", REGISTRY_POINTS, ids=lambda point: f"{point.service} dies: {point.when}")
def test_a_committed_change_is_published(bed: Bed, point: Point) -> None:
    enabled = not is_enabled(bed)
    eventually(lambda: change(bed, enabled=not enabled), what="registry has nothing to publish any more")
    bed.dooms.arm(point)
    eventually(lambda: change(bed, enabled=enabled) or not bed.dooms.is_armed)
    eventually(lambda: not bed.dooms.is_armed, what="registry has died")
    eventually(lambda: is_enabled(bed) is enabled, what="the gateway knows of the change")
    bed.table.append(f"| registry | {point.when} | | 0 | | | |")


def change(bed: Bed, *, enabled: bool) -> bool:
    """Switch the source of webhooks on or off; tell whether the answer came."""
    source = source_pb2.Source(source_id=bed.made.source_ids["webhooks"], enabled=enabled)
    request = source_pb2.UpdateSourceRequest(source=source, update_mask=FieldMask(paths=["enabled"]))
    with bed.running.penstock.channel() as channel:
        stub = source_pb2_grpc.SourceServiceStub(channel)
        try:
            stub.UpdateSource(request, metadata=bed.running.penstock.as_owner, timeout=10)
        except grpc.RpcError:
            return False
    return True


def is_enabled(bed: Bed) -> bool:
    """Ask the gateway whether it takes webhooks of the source; the one that asks is refused either way."""
    url = f"{bed.running.penstock.http}/hooks/{bed.made.webhook_token}"
    return eventually(lambda: {403: "no", 415: "yes"}.get(httpx2.post(url, trust_env=False).status_code)) == "yes"
