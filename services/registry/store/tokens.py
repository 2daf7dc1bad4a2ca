"""Tokens of the management API: made and revoked, each with what CONFIG must learn of them in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.registry.v1 import token_pb2
from services.registry.access_inputs import TokenInput
from services.registry.inputs import RequestInput
from services.registry.store import outbox, requests
from services.registry.store.configs import publish_token
from services.registry.store.grants import (
    for_all,
    for_listed,
    grant_messages,
    grants_of,
    known_grants,
    require_grantable,
)
from services.registry.store.members import find_member
from services.registry.store.messages import timestamp
from services.registry.store.owners import keeping_an_owner
from services.registry.store.tables import MemberRow, TokenRow
from services.registry.store.transactions import Transactions, not_found
from shared.errors import AlreadyExists
from shared.ids import new_id


class TokenStore:
    """The API tokens of all workspaces; every method works in one. Tokens of sources are not among them."""

    def __init__(self, *, transactions: Transactions) -> None:
        self._transactions = transactions

    async def create(
        self, workspace_id: str, values: TokenInput, *, token_digest: str, created_by: str, sent: RequestInput
    ) -> token_pb2.Token:
        """Make a token. Raises AlreadyExists for a repeated request, NotFound for the member, PermissionDenied."""
        async with self._transactions.change(workspace_id) as session:
            await _refuse_repeated(session, workspace_id, sent)
            row, member = await _new_row(session, workspace_id, values)
            row.digest, row.created_by = token_digest, created_by
            # Also of a member's token: whoever makes it holds it.
            require_grantable(grants_of(row, member))
            session.add(row)
            await session.flush()
            publish_token(session, row, member=member)
            # Without what opens it: that is stored nowhere.
            first = token_pb2.CreateTokenResponse(token=token_pb2.Token(token_id=row.id))
            await requests.remember(session, workspace_id, sent, first)
            return token_message(row, member)

    async def get(self, workspace_id: str, token_id: str) -> token_pb2.Token:
        """Give a token. Raises NotFound."""
        async with self._transactions.read() as session:
            row = await _find(session, workspace_id, token_id)
            return token_message(row, await _member_of(session, row))

    async def page(self, workspace_id: str, *, member: str, after: str, limit: int) -> Sequence[token_pb2.Token]:
        """Give tokens, the oldest first; of a member only if one is named. Raises NotFound for the member."""
        query = (
            select(TokenRow, MemberRow)
            .outerjoin(MemberRow, col(TokenRow.member_id) == MemberRow.id)
            .where(TokenRow.workspace_id == workspace_id, col(TokenRow.source_id).is_(None), TokenRow.id > after)
        )
        async with self._transactions.read() as session:
            if member:
                query = query.where(TokenRow.member_id == (await find_member(session, workspace_id, member)).id)
            rows = (await session.execute(query.order_by(col(TokenRow.id)).limit(limit))).all()
            return [token_message(row, owner) for row, owner in rows]

    async def delete(self, workspace_id: str, token_id: str) -> None:
        """Revoke a token. Raises NotFound, FailedPrecondition (LAST_OWNER)."""
        async with self._transactions.change(workspace_id) as session:
            row = await _find(session, workspace_id, token_id)
            async with keeping_an_owner(session, workspace_id):
                outbox.put_delete(session, outbox.Action.TOKEN, row.digest)
                await session.delete(row)


def token_message(row: TokenRow, member: MemberRow | None) -> token_pb2.Token:
    """Make the message of a token."""
    return token_pb2.Token(
        token_id=row.id,
        name=row.name,
        grants=grant_messages(grants_of(row, member)),
        member_id=row.member_id or "",
        created_by=row.created_by,
        created_at=timestamp(row.created_at),
        expires_at=row.expires_at and timestamp(row.expires_at),
    )


async def _new_row(session: AsyncSession, workspace_id: str, values: TokenInput) -> tuple[TokenRow, MemberRow | None]:
    member = await find_member(session, workspace_id, values.member_id) if values.member_id else None
    grants = await known_grants(session, workspace_id, values.grants, field="token.grants")
    row = TokenRow(
        id=new_id("tok"),
        workspace_id=workspace_id,
        digest="",
        member_id=member and member.id,
        name=values.name,
        roles=for_all(grants),
        grants=for_listed(grants),
        created_at=datetime.now(UTC),
        expires_at=values.expires_at,
    )
    return row, member


async def _find(session: AsyncSession, workspace_id: str, token_id: str) -> TokenRow:
    row = await session.get(TokenRow, token_id) if "\0" not in token_id else None
    if row is None or row.workspace_id != workspace_id or row.source_id:
        raise not_found(TokenRow.__tablename__, token_id)
    return row


async def _member_of(session: AsyncSession, row: TokenRow) -> MemberRow | None:
    return await session.get(MemberRow, row.member_id) if row.member_id else None


async def _refuse_repeated(session: AsyncSession, workspace_id: str, sent: RequestInput) -> None:
    first = await requests.first_answer(session, workspace_id, sent, token_pb2.CreateTokenResponse)
    if first:
        raise AlreadyExists(
            "This request made a token before; what opens it was in that answer alone.",
            reason="REQUEST_REPEATED",
            metadata={"token_id": first.token.token_id},
        )
