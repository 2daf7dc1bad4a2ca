"""`penstock deliveries replays`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.deliveries.records import replay_row
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.delivery.v1 import delivery_service_pb2_grpc, replay_pb2

app = new_app()


@app.command()
@command
async def replays(
    session: Session,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """List replays with their progress, the latest first."""
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(session.channel)
    answer = await stub.ListReplays(replay_pb2.ListReplaysRequest(page_size=count))
    session.output.show(
        [as_dict(replay) for replay in answer.replays],
        table(
            ["ID", "BEGAN", "STATE", "PUBLISHED", "SKIPPED", "FAILED"],
            (replay_row(replay) for replay in answer.replays),
            empty="No replays yet: penstock deliveries replay --help",
        ),
    )
