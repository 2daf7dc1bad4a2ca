"""`penstock workspaces`: the tenants of the installation, for its operator."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc

app = new_app("Create and list the workspaces of the installation; that wants the operator's role.")


@app.command("create")
@command
async def create(
    session: Session, name: Annotated[str, typer.Argument(help="Name, unique in the installation.")]
) -> None:
    """Create a workspace, and print the token of its owner, this once.

    [bold]penstock workspaces create acme[/]
    """
    stub = workspace_pb2_grpc.WorkspaceServiceStub(session.channel)
    made = await stub.CreateWorkspace(workspace_pb2.CreateWorkspaceRequest(name=name))
    session.output.show(
        as_dict(made.workspace) | {"token": made.token},
        f"Workspace [bold]{escape(made.workspace.name)}[/] ({made.workspace.workspace_id})\n"
        f"  Owner's token  {made.token}\n"
        "  [dim]Keep it: it is not shown again, and stored nowhere. Use it with --token or PENSTOCK_TOKEN.[/]",
    )


@app.command("list")
@command
async def list_workspaces(session: Session) -> None:
    """List the workspaces of the installation."""
    stub = workspace_pb2_grpc.WorkspaceServiceStub(session.channel)
    answer = await stub.ListWorkspaces(workspace_pb2.ListWorkspacesRequest(page_size=1000))
    session.output.show(
        [as_dict(workspace) for workspace in answer.workspaces],
        table(
            ["NAME", "ID", "CREATED"],
            ([escape(each.name), each.workspace_id, each.created_at.ToJsonString()] for each in answer.workspaces),
            empty="No workspaces.",
        ),
    )
