"""`penstock deliveries show`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from cli.code_errors import error_lines
from cli.commands.deliveries.records import status_text, time_text
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import delivery_service_pb2_grpc
from penstock.event.v1 import inbound_pb2, outcome_pb2
from penstock.executor.v1 import result_pb2

app = new_app()


@app.command()
@command
async def show(
    session: Session,
    delivery_id: Annotated[str, typer.Argument(help="Id of a delivery, or of an event with one delivery.")],
) -> None:
    """Show one delivery: its state, its event, and the requests, answers and logs of its latest failure."""
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    answer = await stub.GetDelivery(delivery.GetDeliveryRequest(delivery_id=delivery_id))
    session.output.show(as_dict(answer), Group(_summary(answer.delivery), *_evidence(answer.evidence)))


def _summary(record: delivery.DeliveryRecord) -> RenderableType:
    replay_of = f"{record.replay_of} (replay {record.replay})" if record.replay else ""
    rows = [
        ["Delivery", record.delivery_id],
        ["Event", escape(f"{record.event_id}  {record.event_type} {record.event_name}")],
        ["From", record.source_id],
        ["To", record.destination_id],
        ["Status", f"{status_text(record.status)} {record.reason}"],
        ["Tries", str(record.attempts)],
        ["Received", time_text(record.received_at)],
        ["Updated", time_text(record.updated_at)],
        ["Next try", time_text(record.next_attempt_at) if record.HasField("next_attempt_at") else ""],
        ["Version", record.version_id],
        ["Replay of", replay_of],
        ["Replayed as", record.replayed_as],
        ["Trace", record.trace_id],
    ]
    return table(["", ""], [row for row in rows if row[1]], empty="")


def _evidence(evidence: outcome_pb2.Evidence) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if evidence.HasField("error"):
        parts += [Text(), *error_lines(evidence.error)]
    parts += [Text(f"{_level(line)} {line.text}") for line in evidence.logs]
    for request in evidence.requests:
        parts.append(Text(f"\n{request.method} {request.url} → {request.status or request.error_code}", style="bold"))
        parts += [Text(_shown(body)) for body in (request.body, request.response_body) if body]
    if evidence.HasField("inbound"):
        parts += _inbound(evidence.inbound)
    if evidence.delivery.message:
        parts.append(Text("\nMessage", style="bold"))
        parts.append(Text(_shown(evidence.delivery.message)))
    return parts


def _inbound(event: inbound_pb2.InboundEvent) -> list[RenderableType]:
    request = event.request
    parts: list[RenderableType] = [Text(f"\nEvent {request.method} {request.url}".rstrip(), style="bold")]
    parts += [Text(f"{header.name}: {header.value}", style="dim") for header in request.headers]
    parts += [Text(_shown(body)) for body in (request.body, event.message) if body]
    return parts


def _shown(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")


def _level(line: result_pb2.LogLine) -> str:
    return result_pb2.LogLevel.Name(line.level).removeprefix("LOG_LEVEL_").lower().ljust(5)
