"""Answers to requests that carry a `request_id`, so that a repeated one gets the first answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from google.protobuf.message import Message
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.registry.inputs import RequestInput
from services.registry.store.tables import RequestRow
from services.registry.validation import refuse
from shared.errors import FieldViolation

# As long as clients repeat; the same id later is a new request.
_KEPT = timedelta(days=1)

M = TypeVar("M", bound=Message)


async def first_answer(session: AsyncSession, workspace_id: str, sent: RequestInput, kind: type[M]) -> M | None:
    """Give the answer to an earlier request of this id, if there was one. `kind` is its type, and names the method.

    Raises InvalidArgument when the earlier request was another one: its answer may not be for this caller.
    """
    if not sent.request_id:
        return None
    row = await session.get(RequestRow, (workspace_id, kind.DESCRIPTOR.name, sent.request_id))
    if row is None or row.created_at < datetime.now(UTC) - _KEPT:
        return None
    if row.digest not in ("", sent.digest):  # empty of what was answered before digests were kept
        violation = FieldViolation("request_id", "was that of another request; take a new one for each request")
        refuse(violation, reason="REQUEST_ID_REUSED")
    return kind.FromString(row.answer)


async def remember(session: AsyncSession, workspace_id: str, sent: RequestInput, answer: Message) -> None:
    """Keep an answer for a day."""
    if not sent.request_id:
        return
    now = datetime.now(UTC)
    old = (col(RequestRow.workspace_id) == workspace_id, col(RequestRow.created_at) < now - _KEPT)
    await session.execute(delete(RequestRow).where(*old))
    session.add(
        RequestRow(
            workspace_id=workspace_id,
            method=answer.DESCRIPTOR.name,
            request_id=sent.request_id,
            digest=sent.digest,
            answer=answer.SerializeToString(),
            created_at=now,
        )
    )
