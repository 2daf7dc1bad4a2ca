"""`penstock sources`: the places that events come in at."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from cli.settings_input import Set, parse_settings
from penstock.registry.v1 import source_pb2, source_pb2_grpc

app = new_app("Create, list and delete sources: the places that events come in at.")

Reference = Annotated[str, typer.Argument(help="Source, by name or id.", metavar="SOURCE")]


@app.command("create")
@command
async def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the source.")],
    function: Annotated[
        str, typer.Option("--function", help="Source function (name or id) that turns webhooks into messages.")
    ] = "",
    settings: Set = [],  # noqa: B006 Typer reads it, nobody writes it
    backlog_limit: Annotated[
        int,
        typer.Option(
            "--backlog-limit", help="Events that may wait; 0 for the installation's limit.", min=0, max=1_000_000_000
        ),
    ] = 0,
) -> None:
    """Create a source, and print its webhook URL or write key, this once.

    [bold]penstock sources create shop --function shop-orders[/]
    """
    source = source_pb2.Source(
        name=name, function_id=function, settings=parse_settings(settings), backlog_limit=backlog_limit
    )
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    made = await stub.CreateSource(source_pb2.CreateSourceRequest(source=source))
    url = _webhook_url(session, made.token) if made.source.function_id else ""
    session.output.show(
        as_dict(made.source) | {"token": made.token, "webhook_url": url},
        f"Source [bold]{made.source.name}[/] ({made.source.source_id})\n"
        + (f"  Webhook URL  {url}" if url else f"  Write key    {made.token}")
        + "\n  [dim]Keep it: it is not shown again.[/]",
    )


@app.command("list")
@command
async def list_sources(session: Session) -> None:
    """List the sources of the workspace."""
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    answer = await stub.ListSources(source_pb2.ListSourcesRequest(page_size=1000))
    session.output.show(
        [as_dict(source) for source in answer.sources],
        table(
            ["NAME", "ID", "FUNCTION", "VERSION", "ENABLED"],
            ([s.name, s.source_id, s.function_id, s.version_id, "yes" if s.enabled else "no"] for s in answer.sources),
            empty="No sources yet: penstock sources create NAME --function FUNCTION",
        ),
    )


@app.command("delete")
@command
async def delete(
    session: Session,
    source: Reference,
    yes: Yes = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Delete a source, its connections, and what waits for it."""
    confirm(session, f"Delete {source}, and what waits for it?", yes=yes)
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    await stub.DeleteSource(source_pb2.DeleteSourceRequest(source_id=source))
    session.output.show({"deleted": source}, f"Deleted [bold]{source}[/]")


@app.command("new-key")
@command
async def new_key(session: Session, source: Reference) -> None:
    """Make one more token for a source, and print its webhook URL or write key, this once. The others go on working.

    [bold]penstock sources new-key shop[/] and, when nobody uses the old one any more, [bold]delete-key[/]
    """
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    made = await stub.CreateWriteKey(source_pb2.CreateWriteKeyRequest(source_id=source))
    url = _webhook_url(session, made.token) if made.source.function_id else ""
    session.output.show(
        as_dict(made.source) | {"token": made.token, "webhook_url": url},
        (f"Webhook URL  {url}" if url else f"Write key    {made.token}") + "\n[dim]Keep it: it is not shown again.[/]",
    )


@app.command("keys")
@command
async def keys(session: Session, source: Reference) -> None:
    """List the tokens of a source, without what opens it."""
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    found = (await stub.GetSource(source_pb2.GetSourceRequest(source_id=source))).source
    session.output.show(
        [as_dict(key) for key in found.write_keys],
        table(
            ["ID", "BEGINS WITH", "MADE"],
            ([k.token_id, k.hint or "[dim]unknown[/]", k.created_at.ToJsonString()] for k in found.write_keys),
            empty=f"None opens it any more: penstock sources new-key {source}",
        ),
    )


@app.command("delete-key")
@command
async def delete_key(
    session: Session,
    source: Reference,
    key: Annotated[str, typer.Argument(help="Id of the token, tok_…", metavar="KEY")],
    yes: Yes = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Delete a token of a source: who still uses it is refused within a second."""
    confirm(session, f"Delete the token {key} of {source}? Who uses it is refused then.", yes=yes)
    stub = source_pb2_grpc.SourceServiceStub(session.channel)
    answer = await stub.DeleteWriteKey(source_pb2.DeleteWriteKeyRequest(source_id=source, token=key))
    session.output.show(as_dict(answer.source), f"Deleted {key}; {len(answer.source.write_keys)} are left")


def _webhook_url(session: Session, token: str) -> str:
    base = session.addresses.http if session.addresses else "https://<gateway>"
    return f"{base}/hooks/{token}"
