"""Stores values as ciphertext, and records who reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.secrets.envelope import Binding, Envelope
from services.secrets.store.tables import AccessRow, SecretRow
from shared.database import Database
from shared.errors import Aborted, FieldViolation, InvalidArgument

MAX_NAMES = 100


class SecretStore:
    """The values of all instances."""

    def __init__(self, *, database: Database, envelope: Envelope) -> None:
        self._database = database
        self._envelope = envelope

    async def put(
        self, *, workspace_id: str, instance_id: str, values: Mapping[str, bytes], cleared: Collection[str]
    ) -> Sequence[str]:
        """Set and clear values of an instance, all or none, and give the names that have one.

        Raises InvalidArgument for too many, Aborted when another call did the same at the same time.
        """
        try:
            async with self._database.write() as session:
                for name, value in values.items():
                    binding = Binding(workspace_id, instance_id, name)
                    await session.merge(_row(binding, self._envelope.seal(value, binding)))
                await session.execute(
                    delete(SecretRow).where(_of(workspace_id, instance_id), col(SecretRow.name).in_(cleared))
                )
                return await _names(session, workspace_id, instance_id)
        except IntegrityError as error:
            raise Aborted("Another call changed the same values.", reason="CONCURRENT_CHANGE") from error

    async def delete(self, *, workspace_id: str, instance_id: str) -> None:
        """Remove all values of an instance."""
        async with self._database.write() as session:
            await session.execute(delete(SecretRow).where(_of(workspace_id, instance_id)))

    async def get(self, *, workspace_id: str, instance_id: str, service: str) -> Mapping[str, bytes]:
        """Give the plaintext of all values of an instance to a service; it is recorded before it is given.

        Raises DataLoss when one does not decrypt.
        """
        async with self._database.write() as session:
            rows = (await session.scalars(select(SecretRow).where(_of(workspace_id, instance_id)))).all()
            session.add(
                AccessRow(
                    accessed_at=datetime.now(UTC),
                    service=service,
                    workspace_id=workspace_id,
                    instance_id=instance_id,
                    names=len(rows),
                )
            )
        return {
            row.name: self._envelope.open(row.ciphertext, Binding(workspace_id, instance_id, row.name)) for row in rows
        }


async def has_secrets(database: Database) -> bool:
    """Tell whether any value is stored."""
    async with database.read() as session:
        return (await session.scalars(select(SecretRow.name).limit(1))).first() is not None


async def forget_accesses(database: Database, *, older_than: timedelta) -> None:
    """Remove old entries of the access log."""
    async with database.write() as session:
        old = col(AccessRow.accessed_at) < datetime.now(UTC) - older_than
        await session.execute(delete(AccessRow).where(old))


def _row(binding: Binding, ciphertext: bytes) -> SecretRow:
    return SecretRow(
        workspace_id=binding.workspace_id,
        instance_id=binding.instance_id,
        name=binding.name,
        ciphertext=ciphertext,
        updated_at=datetime.now(UTC),
    )


async def _names(session: AsyncSession, workspace_id: str, instance_id: str) -> Sequence[str]:
    query = select(SecretRow.name).where(_of(workspace_id, instance_id))
    names = sorted((await session.scalars(query)).all())
    if len(names) > MAX_NAMES:
        problem = FieldViolation("values", f"an instance has at most {MAX_NAMES}")
        raise InvalidArgument("There are too many values.", violations=[problem])
    return names


def _of(workspace_id: str, instance_id: str) -> ColumnElement[bool]:
    return and_(col(SecretRow.workspace_id) == workspace_id, col(SecretRow.instance_id) == instance_id)
