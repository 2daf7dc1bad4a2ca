"""Answers to requests that carry a `request_id`, so that a repeated one gets the first answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from google.protobuf.message import Message
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.registry.store.tables import RequestRow

# As long as clients repeat; the same id later is a new request.
_KEPT = timedelta(days=1)

M = TypeVar("M", bound=Message)


async def first_answer(session: AsyncSession, workspace_id: str, request_id: str, kind: type[M]) -> M | None:
    """Give the answer to an earlier request of this id, if there was one. `kind` is its type, and names the method."""
    if not request_id:
        return None
    row = await session.get(RequestRow, (workspace_id, kind.DESCRIPTOR.name, request_id))
    return kind.FromString(row.answer) if row else None


async def remember(session: AsyncSession, workspace_id: str, request_id: str, answer: Message) -> None:
    """Keep an answer for a day."""
    if not request_id:
        return
    now = datetime.now(UTC)
    old = (col(RequestRow.workspace_id) == workspace_id, col(RequestRow.created_at) < now - _KEPT)
    await session.execute(delete(RequestRow).where(*old))
    session.add(
        RequestRow(
            workspace_id=workspace_id,
            method=answer.DESCRIPTOR.name,
            request_id=request_id,
            answer=answer.SerializeToString(),
            created_at=now,
        )
    )
