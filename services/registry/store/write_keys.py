"""Tokens of sources: what opens a webhook's URL and the Tracking API. Each is stored as its digest alone."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import func, or_, select

from penstock.registry.v1 import source_pb2
from services.registry.inputs import RequestInput
from services.registry.store import outbox, requests
from services.registry.store.configs import publish_token
from services.registry.store.shown import shown_source
from services.registry.store.tables import SourceRow, TokenRow
from services.registry.store.transactions import Transactions, find
from shared.errors import AlreadyExists, NotFound, ResourceExhausted
from shared.ids import new_id
from shared.rpc.identity import digest

MAX_WRITE_KEYS = 10
_HINT_CHARACTERS = 8


class WriteKeyStore:
    """The tokens of all workspaces' sources; every method works in one workspace."""

    def __init__(self, *, transactions: Transactions) -> None:
        self._transactions = transactions

    async def create(self, workspace_id: str, source: str, token: str, *, sent: RequestInput) -> source_pb2.Source:
        """Have one more token open a source.

        Raises NotFound; AlreadyExists for a repeated request; ResourceExhausted when the source has as many as it may.
        """
        async with self._transactions.change(workspace_id) as session:
            await _refuse_repeated(session, workspace_id, sent)
            row = await find(session, SourceRow, workspace_id, source)
            await _require_room(session, row)
            key = await add_write_key(session, row, token)
            shown = await _changed(session, row)
            # Without the token: that is stored nowhere.
            first = source_pb2.CreateWriteKeyResponse(
                source=source_pb2.Source(source_id=row.id, write_keys=[source_pb2.WriteKey(token_id=key.id)])
            )
            await requests.remember(session, workspace_id, sent, first)
            return shown

    async def delete(self, workspace_id: str, source: str, reference: str) -> source_pb2.Source:
        """Have a token, named by its id or itself, open its source no more. Raises NotFound."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, SourceRow, workspace_id, source)
            key = await _find(session, row, reference)
            await session.delete(key)
            await session.flush()
            outbox.put_delete(session, outbox.Action.TOKEN, key.digest)
            return await _changed(session, row)


async def add_write_key(session: AsyncSession, source: SourceRow, token: str) -> TokenRow:
    """Have a token open a source."""
    row = TokenRow(
        id=new_id("tok"),
        workspace_id=source.workspace_id,
        digest=digest(token),
        source_id=source.id,
        hint=token[:_HINT_CHARACTERS],
        roles=[],
        created_at=datetime.now(UTC),
    )
    session.add(row)
    await session.flush()
    publish_token(session, row)
    return row


async def _refuse_repeated(session: AsyncSession, workspace_id: str, sent: RequestInput) -> None:
    first = await requests.first_answer(session, workspace_id, sent, source_pb2.CreateWriteKeyResponse)
    if first:
        raise AlreadyExists(
            "This request made a write key before; it was in that answer alone.",
            reason="REQUEST_REPEATED",
            metadata={"token_id": first.source.write_keys[0].token_id},
        )


async def _require_room(session: AsyncSession, source: SourceRow) -> None:
    query = select(func.count()).where(TokenRow.source_id == source.id)
    if (await session.scalars(query)).one() >= MAX_WRITE_KEYS:
        raise ResourceExhausted(
            f"A source has at most {MAX_WRITE_KEYS} write keys; delete one first.",
            reason="WRITE_KEY_LIMIT",
            metadata={"limit": str(MAX_WRITE_KEYS)},
        )


async def _find(session: AsyncSession, source: SourceRow, reference: str) -> TokenRow:
    if "\0" not in reference:  # PostgreSQL refuses to compare it
        matches = or_(TokenRow.id == reference, TokenRow.digest == digest(reference))
        query = select(TokenRow).where(TokenRow.source_id == source.id, matches)
        found = (await session.scalars(query)).first()
        if found:
            return found
    # Not repeated here: it may be a token.
    raise NotFound("The source has no such write key.", metadata={"source_id": source.id})


async def _changed(session: AsyncSession, row: SourceRow) -> source_pb2.Source:
    row.updated_at = datetime.now(UTC)
    await session.flush()
    return await shown_source(session, row)
