"""`penstock deliveries`: what became of events."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.text import Text

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import delivery_service_pb2_grpc
from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import result_pb2

app = new_app("See what became of events.")

_STATUSES = {name.removeprefix("STATUS_").lower(): value for name, value in outcome_pb2.Status.items() if value}
_COLORS = {"succeeded": "green", "filtered": "cyan", "discarded": "red", "retrying": "yellow", "exhausted": "red"}


@app.command("list")
@command
async def list_deliveries(
    session: Session,
    status: Annotated[str, typer.Option("--status", help=f"Only these: {', '.join(_STATUSES)}.")] = "",
    event: Annotated[str, typer.Option("--event", help="Only of this event, evt_….")] = "",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """List deliveries, the latest first."""
    if status and status not in _STATUSES:
        raise typer.BadParameter(f"{status!r} is none of {', '.join(_STATUSES)}.", param_hint="--status")
    request = delivery.ListDeliveriesRequest(page_size=count, event_id=event)
    if status:
        request.status = _STATUSES[status]
    answer = await delivery_service_pb2_grpc.DeliveryServiceStub(session.channel).ListDeliveries(request)
    session.output.show(
        [as_dict(record) for record in answer.deliveries],
        table(
            ["RECEIVED", "ID", "WHAT", "TO", "STATUS", "TRIES", "REASON"],
            (_row(record) for record in answer.deliveries),
            empty="No deliveries yet: send an event to a source.",
        ),
    )


@app.command("show")
@command
async def show(
    session: Session,
    delivery_id: Annotated[str, typer.Argument(help="Id of a delivery, or of an event with one delivery.")],
) -> None:
    """Show one delivery: its state, and the requests, answers and logs of its latest failure."""
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    answer = await stub.GetDelivery(delivery.GetDeliveryRequest(delivery_id=delivery_id))
    session.output.show(as_dict(answer), Group(_summary(answer.delivery), *_evidence(answer.evidence)))


def _row(record: delivery.DeliveryRecord) -> list[str]:
    status = _status(record.status)
    return [
        _time(record.received_at),
        record.delivery_id,
        " ".join(filter(None, [record.event_type, record.event_name])) or "source run",
        record.destination_id or record.source_id,
        f"[{_COLORS[status]}]{status}[/]",
        str(record.attempts),
        record.reason,
    ]


def _summary(record: delivery.DeliveryRecord) -> RenderableType:
    status = _status(record.status)
    rows = [
        ["Delivery", record.delivery_id],
        ["Event", f"{record.event_id}  {record.event_type} {record.event_name}"],
        ["From", record.source_id],
        ["To", record.destination_id or "—"],
        ["Status", f"[{_COLORS[status]}]{status}[/] {record.reason}"],
        ["Tries", str(record.attempts)],
        ["Received", _time(record.received_at)],
        ["Updated", _time(record.updated_at)],
        ["Next try", _time(record.next_attempt_at) if record.HasField("next_attempt_at") else "—"],
        ["Trace", record.trace_id],
    ]
    return table(["", ""], rows, empty="")


def _evidence(evidence: outcome_pb2.Evidence) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if evidence.HasField("error"):
        parts.append(Text(f"\n{evidence.error.name}: {evidence.error.message}", style="bold red"))
        parts.append(Text(evidence.error.stack, style="dim"))
    parts += [Text(f"{_level(line)} {line.text}") for line in evidence.logs]
    for request in evidence.requests:
        parts.append(Text(f"\n{request.method} {request.url} → {request.status or request.error_code}", style="bold"))
        parts += [Text(_shown(body)) for body in (request.body, request.response_body) if body]
    if evidence.delivery.message:
        parts.append(Text("\nMessage", style="bold"))
        parts.append(Text(_shown(evidence.delivery.message)))
    return parts


def _shown(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")


def _status(status: outcome_pb2.Status.ValueType) -> str:
    return outcome_pb2.Status.Name(status).removeprefix("STATUS_").lower()


def _level(line: result_pb2.LogLine) -> str:
    return result_pb2.LogLevel.Name(line.level).removeprefix("LOG_LEVEL_").lower().ljust(5)


def _time(time: Timestamp) -> str:
    return time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
