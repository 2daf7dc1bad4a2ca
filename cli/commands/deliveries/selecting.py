"""Which deliveries: the options that all commands of the group share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from cli.commands.deliveries.records import read_failed_status
from cli.quantities import parse_moment
from cli.session import Session
from penstock.delivery.v1 import delivery_service_pb2, delivery_service_pb2_grpc, replay_pb2
from penstock.registry.v1 import destination_pb2, destination_pb2_grpc, source_pb2, source_pb2_grpc

Destination = Annotated[str, typer.Option("--destination", help="Only to this destination, by name or id.")]
Source = Annotated[str, typer.Option("--source", help="Only from this source, by name or id.")]
Reason = Annotated[str, typer.Option("--reason", help="Only with this reason: RETRY, TIMEOUT, BACKLOG_FULL, ….")]
EventType = Annotated[str, typer.Option("--type", help="Only of this type of message: track, identify, ….")]
EventId = Annotated[str, typer.Option("--event", help="Only of this event, evt_….")]
Since = Annotated[
    str, typer.Option("--since", help="Only those whose latest try ended since: 2h, 30m, 2026-11-21T08:00Z.")
]
Until = Annotated[str, typer.Option("--until", help="Only those whose latest try ended before, written likewise.")]
FailedStatus = Annotated[str, typer.Option("--status", help="What has failed: dead (by default) or discarded.")]
Everything = Annotated[bool, typer.Option("--all", help="All dead letters of the workspace.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of deliveries, or of events with one delivery.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what it would be.")]


async def narrowing(
    session: Session,
    destination: str,
    source: str,
    reason: str = "",
    event_type: str = "",
    event: str = "",
    since: str = "",
    until: str = "",
) -> dict[str, Any]:
    """Give the fields of a filter that these options set. Raises BadParameter, NotFound."""
    start, end = _moment(since, "--since"), _moment(until, "--until")
    if start and end and start.ToNanoseconds() >= end.ToNanoseconds():
        raise typer.BadParameter("It must be after --since.", param_hint="--until")
    fields = {
        "destination_id": await _destination_id(session, destination),
        "source_id": await _source_id(session, source),
        "reason": reason,
        "event_type": event_type,
        "event_id": event,
        "start_time": start,
        "end_time": end,
    }
    return {name: value for name, value in fields.items() if value}


async def selection(
    session: Session, ids: list[str] | None, status: str, found: dict[str, Any], *, everything: bool
) -> dict[str, Any]:
    """Give the `ids` or the `filter` of a request. Raises BadParameter unless one of them is meant."""
    narrowed = bool(found or status)
    if sum([bool(ids), narrowed, everything]) != 1:
        raise typer.BadParameter("Name ids, or narrow down by options, or take --all.")
    if ids:
        return {"ids": replay_pb2.DeliveryIds(delivery_ids=[await _delivery_id(session, each) for each in ids])}
    return {"filter": replay_pb2.DeliveryFilter(status=read_failed_status(status), **found)}


async def _destination_id(session: Session, name: str) -> str:
    # What was deleted has no name any more.
    if not name or name.startswith("dst_"):
        return name
    stub = destination_pb2_grpc.DestinationServiceStub(session.channel)
    answer = await stub.GetDestination(destination_pb2.GetDestinationRequest(destination_id=name))
    return answer.destination.destination_id


async def _source_id(session: Session, name: str) -> str:
    if not name or name.startswith("src_"):
        return name
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    return (await stub.GetSource(source_pb2.GetSourceRequest(source_id=name))).source.source_id


async def _delivery_id(session: Session, name: str) -> str:
    if not name.startswith("evt_"):
        return name
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    answer = await stub.GetDelivery(delivery_service_pb2.GetDeliveryRequest(delivery_id=name))
    return answer.delivery.delivery_id


def _moment(text: str, option: str) -> Timestamp | None:
    if not text:
        return None
    try:
        moment = parse_moment(text, now=datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    made = Timestamp()
    made.FromDatetime(moment)
    return made
