"""The outbox: changes of CONFIG, written in the transaction that causes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.message import Message
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.registry.store.tables import OutboxRow, SourceRow
from shared.database import Database


class Action(StrEnum):
    """What is done with a key."""

    SOURCE = "source"
    DESTINATION = "destination"
    INSTANCE = "instance"
    TOKEN = "token"  # noqa: S105 the name of a kind of value
    WORKSPACE = "workspace"
    DELETE = "delete"
    CODE = "code"
    # Not of CONFIG: an entry of the audit trail on its way to a source.
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Change:
    """A committed change: a value of CONFIG as the message's bytes, a deleted key, or code under its digest."""

    id: int
    action: Action
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A committed entry of the audit trail, as an `InboundEvent`'s bytes."""

    id: int
    source_id: str
    entry_id: str
    event: bytes


def put(session: AsyncSession, action: Action, name: str, value: Message) -> None:
    """Have a value published under `<action>.<name>`."""
    session.add(OutboxRow(action=action, key=f"{action}.{name}", value=value.SerializeToString()))


def put_code(session: AsyncSession, digest: str, code: bytes) -> None:
    """Have source text published under its digest."""
    session.add(OutboxRow(action=Action.CODE, key=digest, value=code))


def put_delete(session: AsyncSession, action: Action, name: str) -> None:
    """Have the key `<action>.<name>` deleted."""
    session.add(OutboxRow(action=Action.DELETE, key=f"{action}.{name}"))


class Outbox:
    """What is committed and not yet published."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, limit: int) -> Sequence[Change]:
        """Give the oldest changes, in the order in which they must be published."""
        async with self._database.read() as session:
            query = select(OutboxRow).where(OutboxRow.action != Action.AUDIT)
            rows = await session.scalars(query.order_by(col(OutboxRow.id)).limit(limit))
            return [Change(id=row.id or 0, action=Action(row.action), key=row.key, value=row.value) for row in rows]

    async def audit_events(self, *, after: int, limit: int) -> Sequence[AuditEvent]:
        """Give the oldest entries of the audit trail that come after the row `after`."""
        query = select(OutboxRow).where(OutboxRow.action == Action.AUDIT, col(OutboxRow.id) > after)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(col(OutboxRow.id)).limit(limit))
            return [AuditEvent(row.id or 0, *row.key.split("/"), event=row.value) for row in rows]

    async def existing_sources(self, source_ids: Collection[str]) -> set[str]:
        """Tell which of these sources there are."""
        async with self._database.read() as session:
            return set(await session.scalars(select(SourceRow.id).where(col(SourceRow.id).in_(source_ids))))

    async def forget(self, ids: Collection[int]) -> None:
        """Remove what is published."""
        async with self._database.write() as session:
            await session.execute(delete(OutboxRow).where(col(OutboxRow.id).in_(ids)))
