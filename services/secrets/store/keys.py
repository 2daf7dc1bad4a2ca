"""Which key encrypts which value, and what waits to be encrypted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, not_, or_, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, func, select

from services.secrets.envelope import Binding, Sealed
from services.secrets.keys.key import VERSION_MARK
from services.secrets.store.tables import RotationRow, SecretRow
from shared.database import Database

_place = (col(SecretRow.workspace_id), col(SecretRow.instance_id), col(SecretRow.name))
FIRST = Binding("", "", "")


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a rotation began, and when it was finished."""

    started_at: datetime
    finished_at: datetime | None


class KeyStore:
    """What the tables say of keys. `primary` is the id of the key that new values are encrypted under."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def values_by_key(self) -> Mapping[str, int]:
        """Count the values of each key."""
        query = select(SecretRow.key_id, func.count()).group_by(SecretRow.key_id)
        async with self.database.read() as session:
            return {key_id: count for key_id, count in (await session.execute(query)).all()}  # noqa: C416 rows are no pairs to dict

    async def count_waiting(self, primary: str) -> int:
        """Count the values that are to be encrypted anew."""
        async with self.database.read() as session:
            query = select(func.count()).select_from(SecretRow).where(await _waits(session, primary))
            return (await session.scalars(query)).one()

    async def waiting(self, primary: str, *, after: Binding, limit: int) -> Mapping[Binding, Sealed]:
        """Give values that are to be encrypted anew, by their places, in whose order they come `after` one."""
        place = (after.workspace_id, after.instance_id, after.name)
        async with self.database.read() as session:
            query = select(SecretRow).where(await _waits(session, primary), tuple_(*_place) > place)
            rows = (await session.scalars(query.order_by(*_place).limit(limit))).all()
        return {
            Binding(row.workspace_id, row.instance_id, row.name): Sealed(row.key_id, row.ciphertext) for row in rows
        }

    async def replace(self, old: Mapping[Binding, Sealed], new: Mapping[Binding, Sealed]) -> int:
        """Put the new ciphertexts where the old ones still are, and tell how many those were."""
        changed = 0
        async with self.database.write() as session:
            for binding, sealed in new.items():
                done = await session.execute(
                    update(SecretRow)
                    .where(_at(binding), col(SecretRow.ciphertext) == old[binding].ciphertext)
                    .values(ciphertext=sealed.ciphertext, key_id=sealed.key_id, sealed_at=datetime.now(UTC))
                )
                changed += getattr(done, "rowcount", 0)
        return changed

    async def begin_rotation(self) -> None:
        """Ask that every value be encrypted anew."""
        async with self.database.write() as session:
            session.add(RotationRow(started_at=datetime.now(UTC)))

    async def finish_rotations(self, *, begun_before: datetime) -> None:
        """Tell that nothing waits for them any more."""
        async with self.database.write() as session:
            unfinished = and_(col(RotationRow.finished_at).is_(None), col(RotationRow.started_at) <= begun_before)
            await session.execute(update(RotationRow).where(unfinished).values(finished_at=datetime.now(UTC)))

    async def rotation(self) -> Rotation | None:
        """Give the latest rotation."""
        async with self.database.read() as session:
            row = await _latest(session)
        return Rotation(row.started_at, row.finished_at) if row else None


async def needs_keyset(database: Database) -> bool:
    """Tell whether any value is encrypted under a keyset."""
    of_keyset = or_(col(SecretRow.key_id) == "", col(SecretRow.key_id).startswith("keyset:"))
    async with database.read() as session:
        return (await session.scalars(select(SecretRow.name).where(of_keyset).limit(1))).first() is not None


async def _waits(session: AsyncSession, primary: str) -> ColumnElement[bool]:
    key_id = col(SecretRow.key_id)
    other = not_(or_(key_id == primary, key_id.startswith(primary + VERSION_MARK, autoescape=True)))
    latest = await _latest(session)
    if latest is None or latest.finished_at:
        return other
    sealed_at = col(SecretRow.sealed_at)
    return or_(other, sealed_at.is_(None), sealed_at < latest.started_at)


async def _latest(session: AsyncSession) -> RotationRow | None:
    return (await session.scalars(select(RotationRow).order_by(col(RotationRow.id).desc()).limit(1))).first()


def _at(binding: Binding) -> ColumnElement[bool]:
    return and_(
        col(SecretRow.workspace_id) == binding.workspace_id,
        col(SecretRow.instance_id) == binding.instance_id,
        col(SecretRow.name) == binding.name,
    )
