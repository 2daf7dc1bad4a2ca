"""`penstock members`: the people of the workspace."""

from __future__ import annotations

from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from rich.markup import escape

from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.roles_input import Resources, Roles, grants_of, shown_grants
from cli.session import Session, command
from penstock.registry.v1 import member_pb2, member_pb2_grpc

app = new_app("Add, list, change and remove members: the people of the workspace, and what they may do.")

Member = Annotated[str, typer.Argument(help="Member, by email address or id.")]
Name = Annotated[str, typer.Option("--name", help="The member's name.")]


@app.command("add")
@command
async def add(
    session: Session,
    email: Annotated[str, typer.Argument(help="Email address.")],
    name: Name = "",
    role: Roles = [],  # noqa: B006 Typer reads it, nobody writes it
    resource: Resources = [],  # noqa: B006 as above
) -> None:
    """Add a member; give a token with `penstock tokens create NAME --member EMAIL`.

    [bold]penstock members add ada@example.org --name Ada --role functions-admin[/]
    """
    member = member_pb2.Member(email=email, name=name, grants=grants_of(role, resource))
    stub = member_pb2_grpc.MemberServiceStub(session.channel)
    made = (await stub.CreateMember(member_pb2.CreateMemberRequest(member=member))).member
    session.output.show(as_dict(made), f"Added {_told(made)}")


@app.command("list")
@command
async def list_members(session: Session) -> None:
    """List the members of the workspace."""
    stub = member_pb2_grpc.MemberServiceStub(session.channel)
    answer = await stub.ListMembers(member_pb2.ListMembersRequest(page_size=1000))
    session.output.show(
        [as_dict(member) for member in answer.members],
        table(
            ["EMAIL", "NAME", "ID", "ROLES"],
            ([escape(m.email), escape(m.name), m.member_id, escape(shown_grants(m.grants))] for m in answer.members),
            empty="No members yet: penstock members add EMAIL --role ROLE",
        ),
    )


@app.command("update")
@command
async def update(
    session: Session,
    member: Member,
    email: Annotated[str, typer.Option("--email", help="New email address.")] = "",
    name: Name = "",
    role: Roles = [],  # noqa: B006 Typer reads it, nobody writes it
    resource: Resources = [],  # noqa: B006 as above
) -> None:
    """Change a member. Roles that are given replace all that the member had; the member's tokens follow.

    [bold]penstock members update ada@example.org --role source-admin --resource dst_01jd…[/]
    """
    if resource and not role:
        raise typer.BadParameter("give the --role that it is for, too", param_hint="--resource")
    changed = member_pb2.Member(member_id=member, email=email, name=name, grants=grants_of(role, resource))
    mask = FieldMask(paths=[path for path in ("email", "name", "grants") if getattr(changed, path)])
    stub = member_pb2_grpc.MemberServiceStub(session.channel)
    answer = await stub.UpdateMember(member_pb2.UpdateMemberRequest(member=changed, update_mask=mask))
    session.output.show(as_dict(answer.member), f"Changed {_told(answer.member)}")


@app.command("remove")
@command
async def remove(
    session: Session,
    member: Member,
    yes: Yes = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Remove a member, and revoke the member's tokens."""
    confirm(session, f"Remove {member}, and revoke the member's tokens?", yes=yes)
    stub = member_pb2_grpc.MemberServiceStub(session.channel)
    await stub.DeleteMember(member_pb2.DeleteMemberRequest(member_id=member))
    session.output.show({"removed": member}, f"Removed [bold]{escape(member)}[/]")


def _told(member: member_pb2.Member) -> str:
    return f"[bold]{escape(member.email)}[/] ({member.member_id}), {escape(shown_grants(member.grants))}"
