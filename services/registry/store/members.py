"""Members: added, changed and removed, each with what CONFIG must learn of their tokens in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.registry.v1 import member_pb2
from services.registry.access_inputs import MemberInput, normal_email
from services.registry.inputs import RequestInput
from services.registry.store import outbox, requests
from services.registry.store.configs import publish_token
from services.registry.store.grants import grant_messages, known_grants, require_grantable
from services.registry.store.messages import timestamp
from services.registry.store.owners import keeping_an_owner
from services.registry.store.tables import MemberRow, TokenRow
from services.registry.store.transactions import Transactions, not_found, require_etag
from shared.errors import AlreadyExists
from shared.ids import new_id

_FIELD = "member.grants"
_ETAG_DIGITS = 32


class MemberStore:
    """The members of all workspaces; every method works in one."""

    def __init__(self, *, transactions: Transactions) -> None:
        self._transactions = transactions

    async def create(
        self, workspace_id: str, values: MemberInput, *, sent: RequestInput
    ) -> member_pb2.CreateMemberResponse:
        """Add a member. Raises AlreadyExists, InvalidArgument for resources, PermissionDenied for roles."""
        async with self._transactions.change(workspace_id) as session:
            kind = member_pb2.CreateMemberResponse
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            await _require_free_email(session, workspace_id, values.email)
            row = _new_row(workspace_id, values)
            row.grants = await known_grants(session, workspace_id, values.grants, field=_FIELD)
            require_grantable(row.grants)
            session.add(row)
            await session.flush()
            answer = kind(member=member_message(row))
            await requests.remember(session, workspace_id, sent, answer)
            return answer

    async def get(self, workspace_id: str, reference: str) -> member_pb2.Member:
        """Give a member. Raises NotFound."""
        async with self._transactions.read() as session:
            return member_message(await find_member(session, workspace_id, reference))

    async def page(self, workspace_id: str, *, after: str, limit: int) -> Sequence[member_pb2.Member]:
        """Give members, the oldest first."""
        query = select(MemberRow).where(MemberRow.workspace_id == workspace_id, MemberRow.id > after)
        async with self._transactions.read() as session:
            return [member_message(row) for row in await session.scalars(query.order_by(MemberRow.id).limit(limit))]

    async def update(
        self,
        workspace_id: str,
        reference: str,
        values: MemberInput,
        fields: Collection[str],
        *,
        etag: str,
        sent: RequestInput,
    ) -> member_pb2.UpdateMemberResponse:
        """Change fields. Raises NotFound, Aborted, AlreadyExists, FailedPrecondition, InvalidArgument."""
        async with self._transactions.change(workspace_id) as session:
            kind = member_pb2.UpdateMemberResponse
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            row = await find_member(session, workspace_id, reference)
            require_etag(etag, member_message(row).etag)
            async with keeping_an_owner(session, workspace_id):
                await _change(session, row, values, fields)
            answer = kind(member=member_message(row))
            await requests.remember(session, workspace_id, sent, answer)
            return answer

    async def delete(self, workspace_id: str, reference: str, *, etag: str) -> None:
        """Remove a member with the member's tokens. Raises NotFound, Aborted, FailedPrecondition."""
        async with self._transactions.change(workspace_id) as session:
            row = await find_member(session, workspace_id, reference)
            require_etag(etag, member_message(row).etag)
            async with keeping_an_owner(session, workspace_id):
                for token in await _tokens_of(session, row):
                    outbox.put_delete(session, outbox.Action.TOKEN, token.digest)
                    await session.delete(token)
                await session.flush()
                await session.delete(row)


async def find_member(session: AsyncSession, workspace_id: str, reference: str) -> MemberRow:
    """Find a member of a workspace by id or email address. Raises NotFound."""
    if "\0" not in reference:  # PostgreSQL refuses to compare it
        matches = or_(col(MemberRow.id) == reference, col(MemberRow.email) == normal_email(reference))
        query = select(MemberRow).where(MemberRow.workspace_id == workspace_id, matches)
        found = (await session.scalars(query)).first()
        if found:
            return found
    raise not_found(MemberRow.__tablename__, reference)


def member_message(row: MemberRow) -> member_pb2.Member:
    """Make the message of a member."""
    message = member_pb2.Member(
        member_id=row.id,
        email=row.email,
        name=row.name,
        grants=grant_messages(row.grants),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
    )
    message.etag = hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()[:_ETAG_DIGITS]
    return message


async def _change(session: AsyncSession, row: MemberRow, values: MemberInput, fields: Collection[str]) -> None:
    if "email" in fields and values.email != row.email:
        await _require_free_email(session, row.workspace_id, values.email)
        row.email = values.email
    if "name" in fields:
        row.name = values.name
    if "grants" in fields:
        grants = await known_grants(session, row.workspace_id, values.grants, field=_FIELD, held=row.grants)
        require_grantable(grants, row.grants)
        row.grants = grants
        for token in await _tokens_of(session, row):
            publish_token(session, token, member=row)
    row.updated_at = datetime.now(UTC)


async def _tokens_of(session: AsyncSession, row: MemberRow) -> Sequence[TokenRow]:
    return (await session.scalars(select(TokenRow).where(TokenRow.member_id == row.id))).all()


async def _require_free_email(session: AsyncSession, workspace_id: str, email: str) -> None:
    query = select(MemberRow.id).where(MemberRow.workspace_id == workspace_id, MemberRow.email == email)
    taken = (await session.scalars(query)).first()
    if taken:
        raise AlreadyExists(f"{email} is a member already.", reason="EMAIL_TAKEN", metadata={"id": taken})


def _new_row(workspace_id: str, values: MemberInput) -> MemberRow:
    now = datetime.now(UTC)
    return MemberRow(
        id=new_id("mem"),
        workspace_id=workspace_id,
        email=values.email,
        name=values.name,
        grants=[],
        created_at=now,
        updated_at=now,
    )
