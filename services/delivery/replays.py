"""Replays as people see them: begun, looked at, ended. Working on them is `replay_claims` and `replayer`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.delivery.v1 import replay_pb2
from services.delivery.selection import Filter, conditions
from services.delivery.tables import Delivery, Projection, Replay, Replayed, ReplayNumber
from shared.database import Database
from shared.errors import FailedPrecondition, NotFound, ResourceExhausted
from shared.ids import new_id

_RETRY_S = 30.0
# Finished replays, and claims whose failure is purged, are kept for a month.
_KEPT_US = 31 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A replay to begin."""

    workspace_id: str
    token_id: str
    request: replay_pb2.ReplayDeliveriesRequest
    selection: Filter
    version: replay_pb2.ReplayVersion.ValueType
    max_per_second: int
    request_id: str | None


class Replays:
    """The replays of all workspaces; every call is of one. At most `unfinished` of a workspace run at a time."""

    def __init__(self, database: Database, *, unfinished: int) -> None:
        self._database = database
        self._unfinished = unfinished

    async def begin(self, wanted: Wanted) -> Replay:
        """Store a replay, or give the one that an earlier request of the same id began.

        Raises NotFound, FailedPrecondition, ResourceExhausted.
        """
        async with self._database.write() as session:
            last_number = await lock_numbers(session, wanted.workspace_id)
            if first := await _of_request(session, wanted):
                return first
            await self._require_room(session, wanted.workspace_id)
            await _require_failures(session, wanted)
            await _forget(session, wanted.workspace_id)
            replay = await _new(session, wanted, last_number)
            session.add(replay)
            return replay

    async def count(self, wanted: Wanted) -> int:
        """Count what a replay would be about. Raises NotFound, FailedPrecondition."""
        async with self._database.read() as session:
            await _require_failures(session, wanted)
            return await _count(session, wanted)

    async def get(self, workspace_id: str, replay_id: str) -> Replay:
        """Give a replay. Raises NotFound."""
        async with self._database.read() as session:
            return await _find(session, workspace_id, replay_id)

    async def page(self, workspace_id: str, *, before: str, limit: int) -> Sequence[Replay]:
        """List replays, the latest first, from the one before the id `before` on."""
        query = select(Replay).where(Replay.workspace_id == workspace_id)
        if before:
            query = query.where(col(Replay.replay_id) < before)
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(col(Replay.replay_id).desc()).limit(limit))).all()

    async def cancel(self, workspace_id: str, replay_id: str) -> Replay:
        """End a replay, if that has not been done. Raises NotFound, FailedPrecondition."""
        async with self._database.write() as session:
            replay = await _find(session, workspace_id, replay_id, lock=True)
            if replay.state == replay_pb2.REPLAY_STATE_FINISHED:
                raise FailedPrecondition("The replay has finished.", reason="REPLAY_FINISHED")
            replay.state = replay_pb2.REPLAY_STATE_CANCELLED
            return replay

    async def _require_room(self, session: AsyncSession, workspace_id: str) -> None:
        query = select(func.count()).where(col(Replay.finished_us) == 0, col(Replay.workspace_id) == workspace_id)
        if (await session.scalars(query)).one() >= self._unfinished:
            raise ResourceExhausted(
                f"A workspace may have {self._unfinished} unfinished replays.",
                reason="TOO_MANY_REPLAYS",
                retry_delay_s=_RETRY_S,
            )


async def lock_numbers(session: AsyncSession, workspace_id: str) -> int:
    """Keep all others in the workspace from claiming until the transaction ends; give the last number."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite if is_sqlite else postgresql).insert(ReplayNumber)
    await session.execute(insert.values(workspace_id=workspace_id, last=0).on_conflict_do_nothing())
    query = select(ReplayNumber.last).where(ReplayNumber.workspace_id == workspace_id).with_for_update()
    return (await session.scalars(query)).one()


def now_us() -> int:
    """Unix time in microseconds."""
    return time.time_ns() // 1000


async def _find(session: AsyncSession, workspace_id: str, replay_id: str, *, lock: bool = False) -> Replay:
    query = select(Replay).where(Replay.workspace_id == workspace_id, Replay.replay_id == replay_id)
    found = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise NotFound("There is no such replay, or it was too long ago.", reason="REPLAY_NOT_FOUND")
    return found


async def _of_request(session: AsyncSession, wanted: Wanted) -> Replay | None:
    if wanted.request_id is None:
        return None
    query = select(Replay).where(
        Replay.workspace_id == wanted.workspace_id, col(Replay.request_id) == wanted.request_id
    )
    return (await session.scalars(query)).one_or_none()


async def _require_failures(session: AsyncSession, wanted: Wanted) -> None:
    """Raise unless all ids that were named are failures of the workspace."""
    ids = wanted.selection.delivery_ids
    if ids is None:
        return
    known = select(Delivery.delivery_id, Delivery.status).where(
        *conditions(wanted.workspace_id, Filter(delivery_ids=ids))
    )
    statuses = {row[0]: row[1] for row in await session.execute(known)}
    for each in sorted(ids):
        if each not in statuses:
            raise NotFound(f"There is no delivery {each}.", reason="DELIVERY_NOT_FOUND", metadata={"delivery": each})
        if statuses[each] not in wanted.selection.statuses:
            raise FailedPrecondition(
                f"Delivery {each} has not failed for good.", reason="NOT_FAILED", metadata={"delivery": each}
            )


async def _count(session: AsyncSession, wanted: Wanted) -> int:
    query = select(func.count()).select_from(Delivery).where(*conditions(wanted.workspace_id, wanted.selection))
    return (await session.scalars(query)).one()


async def _new(session: AsyncSession, wanted: Wanted, last_number: int) -> Replay:
    now = now_us()
    return Replay(
        replay_id=new_id("rpl"),
        workspace_id=wanted.workspace_id,
        request_id=wanted.request_id,
        token_id=wanted.token_id,
        request=wanted.request.SerializeToString(),
        state=replay_pb2.REPLAY_STATE_PENDING,
        version=wanted.version,
        max_per_second=wanted.max_per_second,
        last_ordinal=(await session.scalars(select(func.coalesce(func.max(Projection.ordinal), 0)))).one(),
        last_number=last_number,
        cursor=0,
        matched=await _count(session, wanted),
        published=0,
        skipped={},
        failed={},
        waiting_for="",
        owner="",
        owned_until_us=0,
        created_us=now,
        updated_us=now,
        finished_us=0,
    )


async def _forget(session: AsyncSession, workspace_id: str) -> None:
    """Drop what is of no more use: claims only when nothing is left that could be replayed a second time."""
    before = now_us() - _KEPT_US
    left = exists().where(col(Delivery.delivery_id) == Replayed.delivery_id)
    old_claims = (col(Replayed.workspace_id) == workspace_id, col(Replayed.claimed_us) < before, ~left)
    await session.execute(delete(Replayed).where(*old_claims))
    ended = (col(Replay.finished_us) > 0, col(Replay.finished_us) < before)
    await session.execute(delete(Replay).where(col(Replay.workspace_id) == workspace_id, *ended))
