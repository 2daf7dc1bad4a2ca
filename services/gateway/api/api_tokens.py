"""Tokens that open this API. Segment's API has no operation for them; the style is its."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from penstock.registry.v1 import token_pb2
from services.gateway.api.call import Call
from services.gateway.api.errors import invalid
from services.gateway.api.models import SUCCESS, Done, Input, Output, PagedInput, Pagination, time_text
from services.gateway.api.operation import Group
from services.gateway.api.permissions import Permission, PermissionInput, grants_of, permissions_of
from services.gateway.api.times import Time, timestamp

TOKENS = Group("Tokens")
_MEMBER = "Member that it belongs to, by id or email address, and whose roles it carries."


class Token(Output):
    """A token; what opens the API is in the answer to its creation alone."""

    id: str
    name: str
    permissions: list[Permission]
    user_id: Annotated[str, Field(description="Member that it belongs to; empty for a token of its own.")]
    created_by: str
    created_at: str
    expires_at: Annotated[str | None, Field(description="`null` for never.")]


class CreateTokenInput(Input):
    """A token to make: with permissions of its own, or of a member."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    permissions: Annotated[list[PermissionInput], Field(max_length=20, default_factory=list)]
    user_id: Annotated[str, Field(max_length=254, description=_MEMBER)] = ""
    expires_at: Annotated[Time | None, Field(description="When it stops opening anything; never without.")] = None


class TokenPath(Input):
    """Which token."""

    token_id: Annotated[str, Field(max_length=128)]


class TokensInput(PagedInput):
    """Which tokens."""

    user_id: Annotated[str, Field(max_length=254, description="Only of this member; empty for all.")] = ""


class CreateTokenAnswer(Output):
    """A token with what opens the API."""

    token: Token
    secret: Annotated[str, Field(description="Opens the API. Stored nowhere, so keep it.")]


class TokenAnswer(Output):
    """A token."""

    token: Token


class TokensAnswer(Output):
    """A page of tokens."""

    tokens: list[Token]
    pagination: Pagination


@TOKENS.on("POST", "/tokens", status=201, errors=(404, 409))
async def create_token(call: Call, sent: CreateTokenInput) -> CreateTokenAnswer:
    """Make a token. What opens the API is in this answer alone; it is stored nowhere."""
    if bool(sent.permissions) == bool(sent.user_id):
        raise invalid("permissions", "or `userId` is required, not both")
    wanted = token_pb2.Token(
        name=sent.name,
        grants=grants_of(sent.permissions, call.actor.workspace_id),
        member_id=sent.user_id,
        expires_at=timestamp(sent.expires_at),
    )
    request = token_pb2.CreateTokenRequest(token=wanted, request_id=call.request_id)
    made = await call.ask(call.services.tokens.CreateToken, request)
    return CreateTokenAnswer(token=_token(call, made.token), secret=made.secret)


@TOKENS.on("GET", "/tokens", errors=(404,))
async def list_tokens(call: Call, sent: TokensInput) -> TokensAnswer:
    """List tokens in the order of their creation, also expired ones."""
    request = token_pb2.ListTokensRequest(
        page_size=sent.pagination.count, page_token=sent.pagination.token, member_id=sent.user_id
    )
    page = await call.ask(call.services.tokens.ListTokens, request)
    return TokensAnswer(
        tokens=[_token(call, each) for each in page.tokens],
        pagination=Pagination.after(sent.pagination, page.next_page_token),
    )


@TOKENS.on("GET", "/tokens/{tokenId}")
async def get_token(call: Call, sent: TokenPath) -> TokenAnswer:
    """Give a token."""
    found = await call.ask(call.services.tokens.GetToken, token_pb2.GetTokenRequest(token_id=sent.token_id))
    return TokenAnswer(token=_token(call, found.token))


@TOKENS.on("DELETE", "/tokens/{tokenId}", errors=(409,))
async def delete_token(call: Call, sent: TokenPath) -> Done:
    """Revoke a token; it opens nothing within a second."""
    await call.ask(call.services.tokens.DeleteToken, token_pb2.DeleteTokenRequest(token_id=sent.token_id))
    return SUCCESS


def _token(call: Call, token: token_pb2.Token) -> Token:
    return Token(
        id=token.token_id,
        name=token.name,
        permissions=permissions_of(token.grants, call.actor.workspace_id),
        user_id=token.member_id,
        created_by=token.created_by,
        created_at=time_text(token.created_at),
        expires_at=time_text(token.expires_at) if token.HasField("expires_at") else None,
    )
