"""`penstock audit`: who changed what."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.registry.v1 import audit_pb2, audit_pb2_grpc

app = new_app()


@app.command()
@command
async def audit(
    session: Session,
    resource: Annotated[
        str, typer.Option("--resource", help="Only of this source, destination, function, …, by id.")
    ] = "",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """Show who changed what in the workspace, the latest first."""
    request = audit_pb2.ListAuditEntriesRequest(page_size=count, resource_id=resource)
    answer = await audit_pb2_grpc.AuditServiceStub(session.channel).ListAuditEntries(request)
    session.output.show(
        [as_dict(entry) for entry in answer.entries],
        table(
            ["TIME", "WHO", "WHAT", "RESOURCE", "BEFORE → AFTER", "WHY"],
            (_row(entry) for entry in answer.entries),
            empty="Nothing was changed yet." if not resource else f"Nothing was changed of {escape(resource)}.",
        ),
    )


def _row(entry: audit_pb2.AuditEntry) -> list[str]:
    change = [_shown(each) for each in (entry.before, entry.after) if each]
    return [
        entry.time.ToJsonString(),
        entry.service or entry.token_id,
        entry.action,
        entry.resource_id,
        escape(" → ".join(change)),
        escape(entry.reason),
    ]


def _shown(values: bytes) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in json.loads(values).items())
