"""`penstock deliveries purge`."""

from __future__ import annotations

from cli.commands.deliveries.selecting import (
    Destination,
    DryRun,
    EventId,
    EventType,
    Everything,
    FailedStatus,
    Ids,
    Reason,
    Since,
    Source,
    Until,
    narrowing,
    selection,
)
from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2_grpc, replay_pb2

app = new_app()


@app.command()
@command
async def purge(
    session: Session,
    ids: Ids = None,
    destination: Destination = "",
    source: Source = "",
    status: FailedStatus = "",
    reason: Reason = "",
    event_type: EventType = "",
    event: EventId = "",
    since: Since = "",
    until: Until = "",
    everything: Everything = False,  # noqa: FBT002 Typer passes by name
    dry_run: DryRun = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
) -> None:
    """Remove failures with their events, for good, whether they were replayed or not. Counters stay.

    [bold]penstock deliveries purge --destination crm --until 30d[/]
    """
    found = await narrowing(session, destination, source, reason, event_type, event, since, until)
    selected = await selection(session, ids, status, found, everything=everything)
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    request = replay_pb2.PurgeDeliveriesRequest(**selected, validate_only=True)
    count = (await stub.PurgeDeliveries(request)).purged
    if not dry_run:
        confirm(session, f"Remove {count} with their events, for good?", yes=yes)
        request.validate_only = False
        count = (await stub.PurgeDeliveries(request)).purged
    session.output.show({"purged": count}, f"{count} {'would be' if dry_run else 'were'} removed.")
