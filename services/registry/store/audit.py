"""The audit trail: an entry for each row that a transaction changes, written by that transaction.

Entries are made of what the session is about to write, so that no change can forget its entry, and none is told that
was not made. They hold no values of settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import col, select

from penstock.registry.v1 import audit_pb2
from services.registry.store.messages import json_bytes, timestamp
from services.registry.store.tables import (
    AuditRow,
    ConnectionRow,
    DestinationRow,
    FunctionRow,
    InstanceRow,
    Row,
    SourceRow,
    TokenRow,
    VersionRow,
    WorkspaceRow,
)
from shared.database import Database
from shared.ids import new_id
from shared.rpc.access import Caller

_KINDS: dict[type[Row], str] = {
    WorkspaceRow: "workspace",
    FunctionRow: "function",
    VersionRow: "version",
    InstanceRow: "instance",
    SourceRow: "source",
    DestinationRow: "destination",
    ConnectionRow: "connection",
    TokenRow: "token",
}
# What the entry says anyway, what opens something, and what is too long: the code's digest stands for it.
_LEFT_OUT = frozenset({"id", "workspace_id", "created_at", "updated_at", "digest", "code", "code_bytes"})

Values = dict[str, Any]


class AuditStore:
    """The entries of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, workspace_id: str, *, resource_id: str, before: str, limit: int
    ) -> Sequence[audit_pb2.AuditEntry]:
        """Give entries, the latest first, from those older than the entry `before` on."""
        if "\0" in resource_id:  # PostgreSQL refuses to compare it
            return []
        query = select(AuditRow).where(AuditRow.workspace_id == workspace_id)
        if resource_id:
            query = query.where(AuditRow.resource_id == resource_id)
        if before:
            query = query.where(AuditRow.id < before)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(col(AuditRow.id).desc()).limit(limit))
            return [_message(row) for row in rows]


def watch(session: AsyncSession, workspace_id: str, author: Caller, reason: str) -> None:
    """Have whatever the session changes from now on leave an entry, in the name of `author`."""

    def before_flush(flushed: Session, *_: Any) -> None:
        changes = [(row, None, _values(row)) for row in flushed.new]
        changes += [(row, *_difference(row)) for row in flushed.dirty]
        changes += [(row, _values(row), None) for row in flushed.deleted]
        flushed.add_all(
            [
                _entry(row, before, after, workspace_id=workspace_id, author=author, reason=reason)
                for row, before, after in changes
                if type(row) in _KINDS and (before or after)
            ]
        )

    event.listen(session.sync_session, "before_flush", before_flush)


def _entry(
    row: Any, before: Values | None, after: Values | None, *, workspace_id: str, author: Caller, reason: str
) -> AuditRow:
    return AuditRow(
        id=new_id("aud"),
        workspace_id=workspace_id,
        created_at=datetime.now(UTC),
        token_id=author.actor.token_id if author.actor else "",
        service="" if author.actor else author.service,
        action=f"{_KINDS[type(row)]}.{_verb(before, after)}",
        resource_id=row.destination_id if isinstance(row, ConnectionRow) else row.id,
        before=before,
        after=after,
        reason=reason,
    )


def _verb(before: Values | None, after: Values | None) -> str:
    if before is None:
        return "created"
    if after is None:
        return "deleted"
    if after.keys() == {"enabled"}:
        return "enabled" if after["enabled"] else "disabled"
    return "updated"


def _values(row: Any) -> Values:
    return {name: _shown(name, getattr(row, name)) for name in _names(row)}


def _difference(row: Any) -> tuple[Values, Values]:
    """Give the fields that change, as they were and as they will be."""
    before, after = Values(), Values()
    state: Any = inspect(row)
    for name in _names(row):
        history = state.attrs[name].history
        if history.has_changes():
            before[name] = _shown(name, history.deleted[0]) if history.deleted else None
            after[name] = _shown(name, history.added[0])
    return before, after


def _names(row: Any) -> list[str]:
    state: Any = inspect(row)
    return [column.key for column in state.mapper.column_attrs if column.key not in _LEFT_OUT]


def _shown(name: str, value: Any) -> Any:
    # A setting can become sensitive later, and entries stay: they name settings, and `settings_revision` tells changes.
    return sorted(value) if name == "settings" else value


def _message(row: AuditRow) -> audit_pb2.AuditEntry:
    entry = audit_pb2.AuditEntry(
        audit_id=row.id,
        time=timestamp(row.created_at),
        action=row.action,
        resource_id=row.resource_id,
        before=b"" if row.before is None else json_bytes(row.before),
        after=b"" if row.after is None else json_bytes(row.after),
        reason=row.reason,
    )
    if row.service:
        entry.service = row.service
    else:
        entry.token_id = row.token_id
    return entry
