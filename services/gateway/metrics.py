"""What the gateway measures."""

from __future__ import annotations

from shared.telemetry.metrics import REGISTRY, counter, histogram

EVENTS = counter(
    "penstock.ingest.events",
    unit="{event}",
    text="Events by how they came (webhook, grpc) and what became of them: ACCEPTED, or the code of the refusal.",
    labels=("penstock.source.id", "entry", "result"),
)
DURATION = histogram(
    "penstock.ingest.duration",
    unit="s",
    text="Time from a request to its answer, of requests whose events the log took.",
    labels=("entry",),
)
API_DURATION = histogram(
    "penstock.api.duration",
    unit="s",
    text="Time from a request of the management API to its answer, by operation and status; the operation is empty "
    "where no path or method fits.",
    labels=("operation", "status"),
)
ACCEPTED = "ACCEPTED"
WEBHOOK, GRPC = "webhook", "grpc"


def count(source_id: str, entry: str, result: str, events: int = 1) -> None:
    """Count events that were taken or refused."""
    EVENTS.add((REGISTRY.tenant(source_id), entry, result), events)
