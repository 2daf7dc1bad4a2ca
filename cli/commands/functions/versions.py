"""`penstock functions versions`: what was saved, by whom, and what of it runs."""

from __future__ import annotations

from rich.markup import escape

from cli.functions.listing import all_versions
from cli.functions.versions import FunctionName, get_function, marks
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.registry.v1 import function_pb2, function_pb2_grpc

app = new_app()

_SHOWN_DIGITS = 12


@app.command()
@command
async def versions(session: Session, function: FunctionName) -> None:
    """List the versions of a function, the newest first. DEPLOYED is what was deployed last.

    [bold]penstock functions versions crm[/]
    """
    found = await get_function(function_pb2_grpc.FunctionServiceStub(session.channel), function)
    listed = [version async for version in all_versions(session.channel, found.function_id)]
    session.output.show(
        [as_dict(version) | {"marks": marks(found, version.version_id).split()} for version in listed],
        table(
            ["NUMBER", "", "ID", "MADE", "AUTHOR", "HASH", "MESSAGE"],
            (_row(found, version) for version in listed),
            empty="No versions.",
            numbers=("NUMBER",),
        ),
    )


def _row(function: function_pb2.Function, version: function_pb2.FunctionVersion) -> list[str]:
    return [
        str(version.number),
        f"[bold]{marks(function, version.version_id)}[/]",
        version.version_id,
        version.created_at.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ"),
        version.author,
        version.code_digest[:_SHOWN_DIGITS],
        escape(version.message),
    ]
