"""`penstock audit`: who changed what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.markup import escape

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.quantities import parse_moment
from cli.session import Session, command
from penstock.registry.v1 import audit_pb2, audit_pb2_grpc

app = new_app()

_COLUMNS = ["TIME", "WHO", "FROM", "WHAT", "RESOURCE", "BEFORE → AFTER", "WHY"]
_FOLLOW_S = 2.0


@app.command()
@command
async def audit(
    session: Session,
    resource: Annotated[
        str,
        typer.Option(
            "--resource", help="Only of this source, destination, function, …, by id, and what belongs to it."
        ),
    ] = "",
    action: Annotated[
        str, typer.Option("--action", help="Only this action, destination.disabled, or all of a kind, destination.")
    ] = "",
    actor: Annotated[str, typer.Option("--actor", help="Only by this token, member or service.")] = "",
    since: Annotated[str, typer.Option("--since", help="Only from then on: 2h ago, or 2026-11-21T08:00Z.")] = "",
    until: Annotated[str, typer.Option("--until", help="Only before then.")] = "",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is changed from now on.")] = False,  # noqa: FBT002
) -> None:
    """Show who changed what in the workspace, the latest first. Only its owners may.

    [bold]penstock audit --resource dst_… --since 7d[/]

    [bold]penstock audit --action token. --actor mem_…[/]
    """
    request = audit_pb2.ListAuditEntriesRequest(
        page_size=count,
        resource_id=resource,
        # An action has a dot; a word without one is a kind.
        action=action if "." in action or not action else f"{action}.",
        actor=actor,
        start_time=_moment(since, "--since"),
        end_time=_moment(until, "--until"),
    )
    entries = await _list(session, request)
    _show(session, entries, empty=_nothing(request))
    if follow:
        await _follow(session, request, entries[0].audit_id if entries else "")


async def _list(session: Session, request: audit_pb2.ListAuditEntriesRequest) -> Sequence[audit_pb2.AuditEntry]:
    return (await audit_pb2_grpc.AuditServiceStub(session.channel).ListAuditEntries(request)).entries


async def _follow(session: Session, request: audit_pb2.ListAuditEntriesRequest, last: str) -> None:
    """Show what comes after the entry `last`, until interrupted."""
    while True:
        await asyncio.sleep(_FOLLOW_S)
        entries = await _list(session, request)
        new = _newer(entries, last)
        if new:
            last = new[0].audit_id
            _show(session, new[::-1], empty="")


def _newer(entries: Sequence[audit_pb2.AuditEntry], last: str) -> Sequence[audit_pb2.AuditEntry]:
    return list(takewhile(lambda entry: entry.audit_id > last, entries))


def _show(session: Session, entries: Sequence[audit_pb2.AuditEntry], *, empty: str) -> None:
    session.output.show(
        [as_dict(entry) for entry in entries], table(_COLUMNS, (_row(entry) for entry in entries), empty=empty)
    )


def _nothing(request: audit_pb2.ListAuditEntriesRequest) -> str:
    if request.resource_id:
        return f"Nothing was changed of {escape(request.resource_id)}, or not so."
    return "Nothing was changed yet, or not so."


def _moment(text: str, option: str) -> Timestamp | None:
    if not text:
        return None
    moment = Timestamp()
    try:
        moment.FromDatetime(parse_moment(text.removesuffix(" ago"), now=datetime.now(UTC)))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return moment


def _row(entry: audit_pb2.AuditEntry) -> list[str]:
    change = [_shown(each) for each in (entry.before, entry.after) if each]
    name = f"{escape(entry.resource_name)}  " if entry.resource_name else ""
    return [
        entry.time.ToJsonString(),
        entry.service or entry.member_id or entry.token_id,
        entry.remote_address,
        entry.action,
        f"{name}[dim]{entry.resource_id}[/]",
        escape(" → ".join(change)),
        escape(entry.reason),
    ]


def _shown(values: bytes) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in json.loads(values).items())
