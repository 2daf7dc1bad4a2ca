"""The outbox: changes of CONFIG, written in the transaction that causes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.message import Message
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.registry.store.tables import OutboxRow
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


@dataclass(frozen=True, slots=True)
class Change:
    """A committed change: a value of CONFIG as the message's bytes, a deleted key, or code under its digest."""

    id: int
    action: Action
    key: str
    value: bytes


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
            rows = await session.scalars(select(OutboxRow).order_by(col(OutboxRow.id)).limit(limit))
            return [Change(id=row.id or 0, action=Action(row.action), key=row.key, value=row.value) for row in rows]

    async def forget(self, changes: Sequence[Change]) -> None:
        """Remove changes that are published."""
        async with self._database.write() as session:
            await session.execute(delete(OutboxRow).where(col(OutboxRow.id).in_([each.id for each in changes])))
