"""`penstock deliveries list`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.deliveries.records import STATUSES, delivery_row, read_status, tell_behind
from cli.commands.deliveries.selecting import Destination, EventId, EventType, Reason, Since, Source, Until, narrowing
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import delivery_service_pb2_grpc

app = new_app()


@app.command()
@command
async def list_deliveries(
    session: Session,
    status: Annotated[str, typer.Option("--status", help=f"Only these: {', '.join(STATUSES)}.")] = "",
    destination: Destination = "",
    source: Source = "",
    reason: Reason = "",
    event_type: EventType = "",
    event: EventId = "",
    since: Since = "",
    until: Until = "",
    replayed: Annotated[
        bool | None, typer.Option("--replayed/--not-replayed", help="Only those that were replayed, or were not.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """List deliveries and failed source runs, the latest first. Dead letters stay until they are purged.

    [bold]penstock deliveries list --status dead --destination crm --since 2h[/]
    """
    found = await narrowing(session, destination, source, reason, event_type, event, since, until)
    request = delivery.ListDeliveriesRequest(page_size=count, status=read_status(status), replayed=replayed, **found)
    answer = await delivery_service_pb2_grpc.DeliveryServiceStub(session.channel).ListDeliveries(request)
    session.output.show(
        [as_dict(record) for record in answer.deliveries],
        table(
            ["RECEIVED", "ID", "WHAT", "TO", "STATUS", "TRIES", "REASON", "REPLAYED AS"],
            (delivery_row(record) for record in answer.deliveries),
            empty="No such deliveries." if status or found else "No deliveries yet: send an event to a source.",
        ),
    )
    tell_behind(session, answer)
