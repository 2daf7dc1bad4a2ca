"""`penstock tokens`: what opens the management API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.roles_input import Resources, Roles, grants_of, parse_expiry, shown_grants
from cli.session import Session, command
from penstock.registry.v1 import token_pb2, token_pb2_grpc

app = new_app("Create, list and revoke tokens: what opens the management API, for people and programs.")


@app.command("create")
@command
async def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Roles = [],  # noqa: B006 Typer reads it, nobody writes it
    resource: Resources = [],  # noqa: B006 as above
    member: Annotated[
        str, typer.Option("--member", help="Member (email address or id) whose roles it follows, instead of its own.")
    ] = "",
    expires: Annotated[
        str, typer.Option("--expires", help="When it opens nothing any more: 30d, 12h, 2027-01-31. Without it: never.")
    ] = "",
) -> None:
    """Create a token, and print what opens the API, this once.

    [bold]penstock tokens create ci --role functions-admin --expires 90d[/]

    [bold]penstock tokens create shop --role source-admin --resource src_01jd…[/]

    [bold]penstock tokens create laptop --member ada@example.org[/]
    """
    token = token_pb2.Token(
        name=name,
        grants=grants_of(role, resource),
        member_id=member,
        expires_at=parse_expiry(expires, now=datetime.now(UTC)),
    )
    stub = token_pb2_grpc.TokenServiceStub(session.channel)
    made = await stub.CreateToken(token_pb2.CreateTokenRequest(token=token))
    session.output.show(
        as_dict(made.token) | {"secret": made.secret},
        f"Token [bold]{escape(made.token.name)}[/] ({made.token.token_id}), {escape(shown_grants(made.token.grants))}\n"
        f"  {made.secret}\n"
        "  [dim]Keep it: it is not shown again, and stored nowhere. Use it with --token or PENSTOCK_TOKEN.[/]",
    )


@app.command("list")
@command
async def list_tokens(
    session: Session,
    member: Annotated[str, typer.Option("--member", help="Only of this member (email address or id).")] = "",
) -> None:
    """List the tokens of the workspace, also expired ones. What opens the API is not shown.

    [bold]penstock tokens list --member ada@example.org[/]
    """
    stub = token_pb2_grpc.TokenServiceStub(session.channel)
    answer = await stub.ListTokens(token_pb2.ListTokensRequest(page_size=1000, member_id=member))
    session.output.show(
        [as_dict(token) for token in answer.tokens],
        table(
            ["NAME", "ID", "ROLES", "MEMBER", "EXPIRES"],
            (_row(token) for token in answer.tokens),
            empty="No tokens: penstock tokens create NAME --role ROLE",
        ),
    )


@app.command("revoke")
@command
async def revoke(
    session: Session,
    token_id: Annotated[str, typer.Argument(help="Id of the token, tok_….", metavar="TOKEN")],
    yes: Yes = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Revoke a token: it opens nothing within a second.

    [bold]penstock tokens revoke tok_01jd…[/]
    """
    confirm(session, f"Revoke {token_id}?", yes=yes)
    stub = token_pb2_grpc.TokenServiceStub(session.channel)
    await stub.DeleteToken(token_pb2.DeleteTokenRequest(token_id=token_id))
    session.output.show({"revoked": token_id}, f"Revoked [bold]{token_id}[/]")


def _row(token: token_pb2.Token) -> list[str]:
    expires = token.expires_at.ToJsonString() if token.HasField("expires_at") else "never"
    if token.HasField("expires_at") and token.expires_at.ToDatetime(UTC) <= datetime.now(UTC):
        expires = f"[red]expired[/] {expires}"
    return [escape(token.name), token.token_id, escape(shown_grants(token.grants)), token.member_id, expires]
