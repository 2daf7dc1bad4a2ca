"""Watching what a transaction changes, and writing an entry of the audit trail for each row of it.

Entries are made of what the session writes, so that no change can forget its entry, and none is told that was not made.
They hold no values of settings and nothing that opens anything.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from services.registry.store import audit_forwarding
from services.registry.store.audit_owners import names_of, owners_of
from services.registry.store.tables import (
    AuditRow,
    ConnectionRow,
    DestinationRow,
    FilterRow,
    FunctionRow,
    InsertRow,
    InstanceRow,
    MemberRow,
    Row,
    SourceRow,
    TokenRow,
    VersionRow,
    WorkspaceRow,
)
from shared.ids import new_id
from shared.rpc.access import Caller

KINDS: dict[type[Row], str] = {
    WorkspaceRow: "workspace",
    FunctionRow: "function",
    VersionRow: "version",
    InstanceRow: "instance",
    SourceRow: "source",
    DestinationRow: "destination",
    ConnectionRow: "connection",
    InsertRow: "insert",
    FilterRow: "filter",
    MemberRow: "member",
    TokenRow: "token",
}
# What the entry says anyway, what opens something or shows a part of that, and what is too long: the code's digest
# stands for it.
_LEFT_OUT = frozenset(
    {"id", "workspace_id", "created_at", "updated_at", "deployed_at", "digest", "hint", "code", "code_bytes"}
)
_DEPLOYED = ({"version_id"}, {"deployed_version_id"})

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A row that a transaction writes: the fields that change, None for a row that was not there, or is no more."""

    row: Any
    before: Values | None
    after: Values | None

    def then(self, later: Change) -> Change:
        """Give what this and a later change of the row come to."""
        if self.before is None and later.after is not None:
            return replace(later, before=None, after=(self.after or {}) | later.after)
        if self.before is None or later.after is None or self.after is None:
            return later
        return replace(later, before=(later.before or {}) | self.before, after=self.after | later.after)

    @property
    def action(self) -> str:
        """What was done, `destination.disabled`."""
        return f"{KINDS[type(self.row)]}.{_verb(self.before, self.after)}"


@asynccontextmanager
async def watched(session: AsyncSession, workspace_id: str, author: Caller, reason: str) -> AsyncGenerator[None]:
    """Have whatever the session changes in the block leave an entry, in the name of `author`.

    Where the workspace has an audit source, each entry becomes an event of it, through the outbox.
    """
    changes: dict[int, Change] = {}

    def collect(flushed: Session, *_: Any) -> None:
        for change in _changes(flushed):
            earlier = changes.get(id(change.row))
            changes[id(change.row)] = earlier.then(change) if earlier else change

    source_id = await audit_forwarding.source_of(session, workspace_id)
    event.listen(session.sync_session, "before_flush", collect)
    try:
        yield
        await session.flush()
    finally:
        event.remove(session.sync_session, "before_flush", collect)
    # Rows are held by `changes`, so that no two have had the same identity.
    entries = await _entries(session, list(changes.values()), workspace_id, author, reason)
    session.add_all([entry for _, entry in entries])
    source_id = source_id or await audit_forwarding.source_of(session, workspace_id)
    if source_id:
        session.add_all([audit_forwarding.outbox_row(source_id, entry, change.row) for change, entry in entries])


def _changes(flushed: Session) -> list[Change]:
    changes = [Change(row, None, _values(row)) for row in flushed.new if type(row) in KINDS]
    changes += [Change(row, *_difference(row)) for row in flushed.dirty if type(row) in KINDS]
    changes += [Change(row, _values(row), None) for row in flushed.deleted if type(row) in KINDS]
    return [each for each in changes if each.before or each.after]


async def _entries(
    session: AsyncSession, changes: Sequence[Change], workspace_id: str, author: Caller, reason: str
) -> list[tuple[Change, AuditRow]]:
    rows = [each.row for each in changes]
    owners, names = await owners_of(session, rows), await names_of(session, rows)
    # Ids of a moment are in no order by themselves.
    ids = sorted(new_id("aud") for _ in changes)
    actor = author.actor
    return [
        (
            change,
            AuditRow(
                id=entry_id,
                workspace_id=workspace_id,
                created_at=datetime.now(UTC),
                token_id=actor.token_id if actor else "",
                member_id=actor.member_id if actor else "",
                remote_address=actor.remote_address if actor else "",
                service="" if actor else author.service,
                action=change.action,
                resource_id=resource_id(change.row),
                resource_name=name,
                owner_id=owner,
                before=change.before,
                after=change.after,
                reason=reason,
            ),
        )
        for entry_id, change, owner, name in zip(ids, changes, owners, names, strict=True)
    ]


def resource_id(row: Any) -> str:
    """Give the id that a row's entries are found by."""
    match row:
        case ConnectionRow():
            return row.destination_id
        case InsertRow():
            return row.instance_id
        case _:
            return row.id


def _verb(before: Values | None, after: Values | None) -> str:
    if before is None:
        return "created"
    if after is None:
        return "deleted"
    if after.keys() == {"enabled"}:
        return "enabled" if after["enabled"] else "disabled"
    return "deployed" if after.keys() in _DEPLOYED else "updated"


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
    match name:
        # A setting can become sensitive later, and entries stay: they name settings, and `settings_revision` tells
        # changes.
        case "settings":
            return sorted(value)
        case "definitions":
            return [{key: each[key] for key in each if key != "default"} for each in value]
        case _:
            return value.isoformat() if isinstance(value, datetime) else value
