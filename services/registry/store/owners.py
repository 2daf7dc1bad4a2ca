"""Who can still open a workspace, and operate the installation, after a change."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, or_, select

from penstock.access.v1 import access_pb2
from services.registry.store.grants import for_all, grants_of
from services.registry.store.tables import MemberRow, TokenRow
from shared.errors import FailedPrecondition


@asynccontextmanager
async def keeping_an_owner(session: AsyncSession, workspace_id: str) -> AsyncGenerator[None]:
    """Raise FailedPrecondition at the end of the block when it took away what nobody could give back.

    That is the last token that opens the workspace as its owner (LAST_OWNER), or the last one of an operator in the
    installation (LAST_OPERATOR): only who has such a token makes another.
    """
    operated = access_pb2.ROLE_OPERATOR in await _roles(session, workspace_id)
    yield
    await session.flush()
    left = await _roles(session, workspace_id)
    if access_pb2.ROLE_OWNER not in left:
        raise FailedPrecondition(
            "Nobody would own the workspace: make another owner's token first.", reason="LAST_OWNER"
        )
    if operated and access_pb2.ROLE_OPERATOR not in left | await _roles(session, None):
        raise FailedPrecondition(
            "Nobody would operate the installation: make another operator's token first.", reason="LAST_OPERATOR"
        )


async def _roles(session: AsyncSession, workspace_id: str | None) -> set[int]:
    """Give the roles for all resources that some token carries: of a workspace, or of all for None."""
    expiry = col(TokenRow.expires_at)
    query = (
        select(TokenRow, MemberRow)
        .outerjoin(MemberRow, col(TokenRow.member_id) == MemberRow.id)
        .where(col(TokenRow.source_id).is_(None), or_(expiry.is_(None), expiry > datetime.now(UTC)))
    )
    if workspace_id is not None:
        query = query.where(TokenRow.workspace_id == workspace_id)
    rows = (await session.execute(query)).all()
    return {role for token, member in rows for role in for_all(grants_of(token, member))}
