"""What delivery measures: each outcome once it is published, and what waits in the log."""

from __future__ import annotations

import time
from collections.abc import Iterable

from penstock.event.v1 import outcome_pb2
from shared.telemetry.metrics import REGISTRY, counter, gauge, histogram

RUNS = counter(
    "penstock.source.runs",
    unit="{run}",
    text="Tries of source runs, and messages that insert functions of sources kept back, by what they came to and why.",
    labels=("penstock.source.id", "status", "reason"),
)
RUN_DURATION = histogram(
    "penstock.source.run.duration", unit="s", text="Time that source functions took.", labels=("penstock.source.id",)
)
TRIES = counter(
    "penstock.delivery.tries",
    unit="{try}",
    text="Tries of deliveries, by what they came to and why; all but RETRYING are the delivery's last.",
    labels=("penstock.destination.id", "status", "reason"),
)
TRY_DURATION = histogram(
    "penstock.delivery.try.duration",
    unit="s",
    text="Time that destination functions took, with the insert functions before them.",
    labels=("penstock.destination.id",),
)
LATENCY = histogram(
    "penstock.delivery.latency",
    unit="s",
    text="Time from the gateway's taking an event to its arrival at the destination, retries included.",
    labels=("penstock.destination.id",),
)
IN_FLIGHT = gauge(
    "penstock.delivery.in_flight",
    unit="{event}",
    text="Events being worked on, by stage (source, destination).",
    labels=("stage",),
)
BACKLOG = gauge(
    "penstock.queue.backlog",
    unit="{event}",
    text="Events of a source or destination that wait in the log, for their first try or another, or are worked on.",
    labels=("penstock.source.id", "penstock.destination.id"),
)
AGE = gauge(
    "penstock.queue.age",
    unit="s",
    text="Age of the oldest event of a source or destination in the log; of the 200 longest backlogs.",
    labels=("penstock.source.id", "penstock.destination.id"),
)

_STATUSES = {number: name.removeprefix("STATUS_") for name, number in outcome_pb2.Status.items()}


def measure(outcomes: Iterable[outcome_pb2.Outcome]) -> None:
    """Count outcomes."""
    now_s = time.time()
    for outcome in outcomes:
        status = _STATUSES[outcome.status]
        started, finished = outcome.started_at, outcome.finished_at
        took_s = finished.seconds - started.seconds + (finished.nanos - started.nanos) * 1e-9
        if outcome.stage == outcome_pb2.STAGE_SOURCE:
            source = REGISTRY.tenant(outcome.source_id)
            RUNS.add((source, status, outcome.reason))
            if outcome.HasField("function"):
                RUN_DURATION.record(took_s, (source,))
            continue
        destination = REGISTRY.tenant(outcome.destination_id)
        TRIES.add((destination, status, outcome.reason))
        if outcome.HasField("function"):
            TRY_DURATION.record(took_s, (destination,))
        if outcome.status == outcome_pb2.STATUS_SUCCEEDED:
            received = outcome.received_at
            LATENCY.record(now_s - received.seconds - received.nanos * 1e-9, (destination,))
