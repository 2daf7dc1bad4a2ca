"""`penstock deliveries cancel`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.deliveries.records import replay_summary
from cli.lazy import new_app
from cli.output import as_dict
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2_grpc, replay_pb2

app = new_app()


@app.command()
@command
async def cancel(session: Session, replay_id: Annotated[str, typer.Argument(help="Id of a replay, rpl_….")]) -> None:
    """End a replay. What it has published stays on its way; the rest can be replayed again."""
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    answer = await stub.CancelReplay(replay_pb2.CancelReplayRequest(replay_id=replay_id))
    session.output.show(as_dict(answer.replay), replay_summary(answer.replay))
