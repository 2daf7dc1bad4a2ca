"""Entries of the audit trail as events of a source, put into the outbox by the transaction that makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.config.v1 import config_pb2
from services.registry.store import outbox
from services.registry.store.messages import timestamp, workspace_config
from services.registry.store.tables import AuditRow, FunctionRow, OutboxRow, SourceRow, TokenRow, WorkspaceRow
from shared.bus.audit_events import audit_event

# What a Segment message may have.
_MESSAGE_BYTES = 32 * 1024

_TITLES = {
    "workspace": "Workspace",
    "function": "Function",
    "version": "Function Version",
    "instance": "Function Instance",
    "source": "Source",
    "destination": "Destination",
    "connection": "Connection",
    "insert": "Insert Function Instance",
    "filter": "Destination Filter",
    "member": "Member",
    "token": "API Token",
}
_FUNCTION_TITLES: Mapping[int, str] = {
    config_pb2.FUNCTION_KIND_SOURCE: "Source Function",
    config_pb2.FUNCTION_KIND_DESTINATION: "Destination Function",
    config_pb2.FUNCTION_KIND_INSERT_SOURCE: "Source Insert Function",
    config_pb2.FUNCTION_KIND_INSERT_DESTINATION: "Destination Insert Function",
}


async def source_of(session: AsyncSession, workspace_id: str) -> str:
    """Give the source that a workspace's entries go into; empty when it names none, or one that is gone."""
    workspace = await session.get(WorkspaceRow, workspace_id)
    source_id = workspace_config(workspace).audit_source_id if workspace else ""
    source = await session.get(SourceRow, source_id) if source_id else None
    return source.id if source and source.workspace_id == workspace_id else ""


def outbox_row(source_id: str, entry: AuditRow, row: Any) -> OutboxRow:
    """Make the outbox's row of an entry that tells of `row`."""
    properties = _properties(entry, title_of(entry.action, row))
    event = _event(source_id, entry, properties)
    if len(event.message) > _MESSAGE_BYTES:
        event = _event(source_id, entry, properties | {"before": None, "after": None, "shortened": True})
    return OutboxRow(action=outbox.Action.AUDIT, key=f"{source_id}/{entry.id}", value=event.SerializeToString())


def title_of(action: str, row: Any) -> str:
    """Name what was done as Segment does: `Source Function Modified`."""
    kind, _, verb = action.partition(".")
    title = _TITLES[kind]
    if isinstance(row, FunctionRow):
        title = _FUNCTION_TITLES.get(row.kind, title)
    elif isinstance(row, TokenRow) and row.source_id:
        title = "Write Key"
    return f"{title} {'Modified' if verb == 'updated' else verb.title()}"


def _event(source_id: str, entry: AuditRow, properties: dict[str, Any]) -> Any:
    return audit_event(
        entry_id=entry.id,
        source_id=source_id,
        workspace_id=entry.workspace_id,
        name=properties["type"],
        user_id=properties["actor"],
        time=timestamp(entry.created_at),
        entry=properties,
    )


def _properties(entry: AuditRow, title: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "type": title,
        "action": entry.action,
        "timestamp": timestamp(entry.created_at).ToJsonString(),
        "actor": entry.member_id or entry.token_id or entry.service,
        "token_id": entry.token_id,
        "member_id": entry.member_id,
        "service": entry.service,
        "remote_address": entry.remote_address,
        "resource_id": entry.resource_id,
        "resource_type": entry.action.partition(".")[0],
        "resource_name": entry.resource_name,
        "owner_id": entry.owner_id,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
    }
