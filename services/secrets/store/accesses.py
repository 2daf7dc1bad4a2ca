"""The record of who was given plaintext."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from penstock.secrets.v1 import access_service_pb2
from services.secrets.store.tables import AccessRow
from shared.database import Database


async def list_accesses(
    database: Database, workspace_id: str, *, instance_id: str, before: int, limit: int
) -> Sequence[tuple[int, access_service_pb2.SecretAccess]]:
    """Give a workspace's accesses with their numbers, the latest first; those `before` a number, unless it is 0."""
    query = select(AccessRow).where(AccessRow.workspace_id == workspace_id)
    if instance_id:
        query = query.where(AccessRow.instance_id == instance_id)
    if before:
        query = query.where(col(AccessRow.id) < before)
    async with database.read() as session:
        rows = (await session.scalars(query.order_by(col(AccessRow.id).desc()).limit(limit))).all()
    return [(row.id or 0, _message(row)) for row in rows]


async def forget_accesses(database: Database, *, older_than: timedelta) -> None:
    """Remove old entries."""
    async with database.write() as session:
        old = col(AccessRow.accessed_at) < datetime.now(UTC) - older_than
        await session.execute(delete(AccessRow).where(old))


def _message(row: AccessRow) -> access_service_pb2.SecretAccess:
    message = access_service_pb2.SecretAccess(service=row.service, instance_id=row.instance_id, values=row.names)
    message.time.FromDatetime(row.accessed_at)
    return message
