"""TokenService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import token_pb2, token_pb2_grpc
from services.registry.access_inputs import token_input
from services.registry.inputs import request_input
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor, author
from services.registry.store.tokens import TokenStore
from services.registry.tokens import new_token
from shared.rpc.identity import digest


class TokenServicer(token_pb2_grpc.TokenServiceServicer):
    """The API tokens of the caller's workspace."""

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens

    async def CreateToken(self, request: token_pb2.CreateTokenRequest, context: Any) -> token_pb2.CreateTokenResponse:
        """Make a token, and give what it opens with this once."""
        secret = new_token("ptk")
        token = await self._tokens.create(
            actor().workspace_id,
            token_input(request.token),
            token_digest=digest(secret),
            created_by=author(),
            sent=request_input(request),
        )
        return token_pb2.CreateTokenResponse(token=token, secret=secret)

    async def GetToken(self, request: token_pb2.GetTokenRequest, context: Any) -> token_pb2.GetTokenResponse:
        """Give a token."""
        token = await self._tokens.get(actor().workspace_id, request.token_id)
        return token_pb2.GetTokenResponse(token=token)

    async def ListTokens(self, request: token_pb2.ListTokensRequest, context: Any) -> token_pb2.ListTokensResponse:
        """List tokens."""
        query, size = f"tokens/{request.member_id}", page_size(request.page_size)
        after = decode_token(request.page_token, query=query)
        found = await self._tokens.page(actor().workspace_id, member=request.member_id, after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].token_id, query=query) if len(page) < len(found) else ""
        return token_pb2.ListTokensResponse(tokens=page, next_page_token=more)

    async def DeleteToken(self, request: token_pb2.DeleteTokenRequest, context: Any) -> token_pb2.DeleteTokenResponse:
        """Revoke a token."""
        await self._tokens.delete(actor().workspace_id, request.token_id)
        return token_pb2.DeleteTokenResponse()
