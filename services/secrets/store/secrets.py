"""Stores values as ciphertext, and records who reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.secrets.envelope import Binding, Envelope, Sealed
from services.secrets.store.tables import AccessRow, SecretRow
from shared.database import Database
from shared.errors import Aborted, FieldViolation, InvalidArgument

MAX_NAMES = 100


class SecretStore:
    """The values of all instances."""

    def __init__(self, *, database: Database, envelope: Envelope) -> None:
        self.database = database
        self._envelope = envelope

    async def put(
        self, *, workspace_id: str, instance_id: str, values: Mapping[str, bytes], cleared: Collection[str]
    ) -> Sequence[str]:
        """Set and clear values of an instance, all or none, and give the names that have one.

        Raises InvalidArgument for too many, Aborted when another call did the same at the same time, Unavailable
        while the key-encryption key cannot be had.
        """
        # Before the transaction: a KMS may take its time.
        sealed = await self._envelope.seal({Binding(workspace_id, instance_id, name): values[name] for name in values})
        try:
            async with self.database.write() as session:
                for binding, value in sealed.items():
                    await session.merge(_row(binding, value))
                await session.execute(
                    delete(SecretRow).where(_of(workspace_id, instance_id), col(SecretRow.name).in_(cleared))
                )
                return await _names(session, workspace_id, instance_id)
        except IntegrityError as error:
            raise Aborted("Another call changed the same values.", reason="CONCURRENT_CHANGE") from error

    async def delete(self, *, workspace_id: str, instance_id: str) -> None:
        """Remove all values of an instance."""
        async with self.database.write() as session:
            await session.execute(delete(SecretRow).where(_of(workspace_id, instance_id)))

    async def get(self, *, workspace_id: str, instance_id: str, service: str) -> Mapping[str, bytes]:
        """Give the plaintext of all values of an instance to a service; it is recorded before it is given.

        Raises DataLoss when one does not decrypt, Unavailable while the key-encryption key cannot be had.
        """
        async with self.database.write() as session:
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
            row.name: await self._envelope.open(
                Sealed(row.key_id, row.ciphertext), Binding(workspace_id, instance_id, row.name)
            )
            for row in rows
        }


def _row(binding: Binding, sealed: Sealed) -> SecretRow:
    now = datetime.now(UTC)
    return SecretRow(
        workspace_id=binding.workspace_id,
        instance_id=binding.instance_id,
        name=binding.name,
        ciphertext=sealed.ciphertext,
        key_id=sealed.key_id,
        sealed_at=now,
        updated_at=now,
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
