"""Reading the audit trail, and removing what is too old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_
from sqlmodel import col, select

from penstock.registry.v1 import audit_pb2
from services.registry.store.messages import json_bytes, timestamp
from services.registry.store.tables import AuditRow
from shared.database import Database

_PRUNED_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of a workspace; empty fields let everything through."""

    resource_id: str = ""
    # An action, or all of a kind with a dot at the end.
    action: str = ""
    # Token, member or service.
    actor: str = ""
    start: datetime | None = None
    end: datetime | None = None


class AuditStore:
    """The entries of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, workspace_id: str, wanted: AuditFilter, *, before: str, limit: int
    ) -> Sequence[audit_pb2.AuditEntry]:
        """Give entries, the latest first, from those older than the entry `before` on."""
        query = select(AuditRow).where(AuditRow.workspace_id == workspace_id, *_conditions(wanted))
        if before:
            query = query.where(AuditRow.id < before)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(col(AuditRow.id).desc()).limit(limit))
            return [_message(row) for row in rows]

    async def prune(self, older_than: datetime) -> int:
        """Remove some entries that are older, and tell how many: 0 when all are gone."""
        old = select(AuditRow.id).where(AuditRow.created_at < older_than).order_by(col(AuditRow.created_at))
        async with self._database.write() as session:
            ids = (await session.scalars(old.limit(_PRUNED_AT_A_TIME))).all()
            await session.execute(delete(AuditRow).where(col(AuditRow.id).in_(ids)))
        return len(ids)


def _conditions(wanted: AuditFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.resource_id:
        found.append(or_(col(AuditRow.resource_id) == wanted.resource_id, col(AuditRow.owner_id) == wanted.resource_id))
    if wanted.action.endswith("."):
        found.append(col(AuditRow.action).startswith(wanted.action, autoescape=True))
    elif wanted.action:
        found.append(col(AuditRow.action) == wanted.action)
    if wanted.actor:
        columns = (AuditRow.token_id, AuditRow.member_id, AuditRow.service)
        found.append(or_(*(col(column) == wanted.actor for column in columns)))
    if wanted.start:
        found.append(col(AuditRow.created_at) >= wanted.start)
    if wanted.end:
        found.append(col(AuditRow.created_at) < wanted.end)
    return found


def _message(row: AuditRow) -> audit_pb2.AuditEntry:
    entry = audit_pb2.AuditEntry(
        audit_id=row.id,
        time=timestamp(row.created_at),
        action=row.action,
        resource_id=row.resource_id,
        before=b"" if row.before is None else json_bytes(row.before),
        after=b"" if row.after is None else json_bytes(row.after),
        reason=row.reason,
        member_id=row.member_id,
        remote_address=row.remote_address,
        resource_name=row.resource_name,
        owner_id=row.owner_id,
    )
    if row.service:
        entry.service = row.service
    else:
        entry.token_id = row.token_id
    return entry
