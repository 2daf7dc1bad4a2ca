"""What a replay is working on, in SQL: so that whoever goes on after a crash knows what may have been published.

A failure is claimed by one replay, under a number that nobody else gets, before it is published; it is settled when the
log has it. What is claimed and not settled may or may not be in the log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import and_, case, delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.delivery.v1 import replay_pb2
from services.delivery.inputs import selected
from services.delivery.repeats import Event, event_of, id_of, numbered
from services.delivery.replays import lock_numbers, now_us
from services.delivery.selection import conditions, was_replayed
from services.delivery.tables import Delivery, Evidence, Replay, Replayed, ReplayNumber
from shared.database import Database

_MICROSECONDS = 1_000_000
# A lease that ends later than this many leases from now was taken by a clock that is wrong.
_IMPOSSIBLE_LEASES = 10


class Lost(Exception):
    """The replay was taken over by another replica, or has ended."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that a replay is about. `skipped` tells why it is left out; `event` is there otherwise."""

    row: Delivery
    event: Event | None
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A failure that was claimed. Without an `event` it was purged since."""

    claimed: Replayed
    row: Delivery | None
    event: Event | None


class ReplayClaims:
    """The claims of the replays that one replica, `owner`, works on."""

    def __init__(self, database: Database, *, owner: str, lease_s: float) -> None:
        self._database = database
        self._owner = owner
        self._lease_us = int(lease_s * _MICROSECONDS)

    async def due(self) -> Sequence[str]:
        """List unfinished replays that nobody works on."""
        query = select(Replay.replay_id).where(col(Replay.finished_us) == 0, self._is_free(now_us()))
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(col(Replay.replay_id)))).all()

    async def hold(self, replay_id: str) -> Replay:
        """Take a replay or keep it. Raises Lost."""
        now = now_us()
        mine = sqlalchemy.or_(col(Replay.owner) == self._owner, self._is_free(now))
        pending = col(Replay.state) == replay_pb2.REPLAY_STATE_PENDING
        take = (
            update(Replay)
            .where(col(Replay.replay_id) == replay_id, col(Replay.finished_us) == 0, mine)
            .values(
                owner=self._owner,
                owned_until_us=now + self._lease_us,
                state=case((pending, replay_pb2.REPLAY_STATE_RUNNING), else_=col(Replay.state)),
            )
        )
        async with self._database.write() as session:
            if not _changed(await session.execute(take)):
                raise Lost
            return await _locked(session, replay_id)

    async def release(self) -> None:
        """Let others go on with what this replica works on."""
        let_go = update(Replay).where(col(Replay.owner) == self._owner).values(owner="", owned_until_us=0)
        async with self._database.write() as session:
            await session.execute(let_go)

    async def waits(self, replay_id: str, reason: str) -> None:
        """Tell why a replay makes no progress."""
        async with self._database.write() as session:
            await session.execute(update(Replay).where(col(Replay.replay_id) == replay_id).values(waiting_for=reason))

    async def unsettled(self, replay: Replay) -> Sequence[Claim]:
        """List what is claimed and may or may not be in the log."""
        query: Any = (
            sqlalchemy.select(Replayed, Delivery, col(Evidence.evidence))
            .outerjoin(Delivery, col(Delivery.delivery_id) == Replayed.delivery_id)
            .outerjoin(Evidence, col(Evidence.delivery_id) == Replayed.delivery_id)
            .where(col(Replayed.replay_id) == replay.replay_id, col(Replayed.published).is_(False))
            .order_by(col(Replayed.number))
        )
        async with self._database.read() as session:
            found: Sequence[Any] = (await session.execute(query)).all()
        return [_claim(replay, claimed, row, event_of(evidence)) for claimed, row, evidence in found]

    async def next(self, replay: Replay, limit: int) -> Sequence[tuple[Delivery, Event | None]]:
        """List the next failures that the replay is about, the oldest first, with their events if they are kept."""
        request = replay_pb2.ReplayDeliveriesRequest.FromString(replay.request)
        wanted = conditions(replay.workspace_id, selected(request, replayed=None))
        if request.HasField("filter"):
            # Those replayed later count as skipped: the replay has counted them as its own.
            wanted.append(~was_replayed(upto=replay.last_number))
        place = and_(col(Delivery.ordinal) > replay.cursor, col(Delivery.ordinal) <= replay.last_ordinal)
        query: Any = (
            sqlalchemy.select(Delivery, col(Evidence.evidence))
            .outerjoin(Evidence, col(Evidence.delivery_id) == Delivery.delivery_id)
            .where(*wanted, place)
            .order_by(col(Delivery.ordinal))
            .limit(limit)
        )
        async with self._database.read() as session:
            found: Sequence[Any] = (await session.execute(query)).all()
        return [(row, event_of(evidence)) for row, evidence in found]

    async def claim(
        self, replay: Replay, failures: Sequence[Failure], *, after_sequences: Mapping[str, int]
    ) -> Sequence[Claim]:
        """Claim failures that nobody has claimed, and move on; `after_sequences` by delivery id. Raises Lost."""
        async with self._database.write() as session:
            stored = await self._mine(session, replay.replay_id)
            number = await lock_numbers(session, replay.workspace_id)
            taken = await _claimed(session, [each.row.delivery_id for each in failures])
            claims: list[Claim] = []
            for failure in failures:
                skipped = "ALREADY_REPLAYED" if failure.row.delivery_id in taken else failure.skipped
                if skipped or failure.event is None:
                    stored.skipped = _counted(stored.skipped, skipped)
                    continue
                number += 1
                claims.append(_new_claim(replay, failure.row, failure.event, number, after_sequences))
            session.add_all([each.claimed for each in claims])
            await _set_last(session, replay.workspace_id, number)
            stored.cursor = failures[-1].row.ordinal
            self._progressed(stored)
        return claims

    async def settle(
        self, replay_id: str, *, published: Collection[str], purged: Collection[str] = (), failed: Mapping[str, str]
    ) -> None:
        """Settle claims by delivery id: the log has them, their failure was purged, or they failed for a reason.

        Those that failed can be claimed again. Who was overtaken settles nothing twice.
        """
        async with self._database.write() as session:
            stored = await _locked(session, replay_id)
            open_ids = await _open(session, replay_id, [*published, *purged, *failed])
            gone = [each for each in (*purged, *failed) if each in open_ids]
            for each in gone:
                if each in failed:
                    stored.failed = _counted(stored.failed, failed[each])
                else:
                    stored.skipped = _counted(stored.skipped, "PURGED")
            done = [each for each in published if each in open_ids]
            stored.published += len(done)
            await session.execute(update(Replayed).where(col(Replayed.delivery_id).in_(done)).values(published=True))
            await session.execute(delete(Replayed).where(col(Replayed.delivery_id).in_(gone)))
            self._progressed(stored)

    async def finish(self, replay_id: str) -> None:
        """End a replay that has nothing left to do. Raises Lost."""
        async with self._database.write() as session:
            stored = await self._mine(session, replay_id)
            if stored.state == replay_pb2.REPLAY_STATE_RUNNING:
                stored.state = replay_pb2.REPLAY_STATE_FINISHED
                told = stored.published + sum(stored.skipped.values()) + sum(stored.failed.values())
                stored.skipped = _counted(stored.skipped, "PURGED", stored.matched - told)
            self._progressed(stored)
            stored.finished_us = stored.updated_us

    async def known(self, delivery_ids: Collection[str]) -> set[str]:
        """Tell which deliveries or source runs have had a try that was counted."""
        query = select(Delivery.delivery_id).where(col(Delivery.delivery_id).in_(delivery_ids))
        async with self._database.read() as session:
            return set((await session.scalars(query)).all())

    def _is_free(self, now: int) -> sqlalchemy.ColumnElement[bool]:
        until = col(Replay.owned_until_us)
        return sqlalchemy.or_(until < now, until > now + _IMPOSSIBLE_LEASES * self._lease_us)

    async def _mine(self, session: AsyncSession, replay_id: str) -> Replay:
        stored = await _locked(session, replay_id)
        if stored.owner != self._owner or stored.finished_us:
            raise Lost
        return stored

    def _progressed(self, stored: Replay) -> None:
        stored.updated_us = now_us()
        stored.waiting_for = ""
        if stored.owner == self._owner:
            stored.owned_until_us = stored.updated_us + self._lease_us


async def _locked(session: AsyncSession, replay_id: str) -> Replay:
    return (await session.scalars(select(Replay).where(Replay.replay_id == replay_id).with_for_update())).one()


def _changed(result: Any) -> bool:
    return result.rowcount > 0


def _claim(replay: Replay, claimed: Replayed, row: Delivery | None, event: Event | None) -> Claim:
    if row is None or event is None:
        return Claim(claimed, None, None)
    of_then = row if replay.version == replay_pb2.REPLAY_VERSION_THEN else None
    return Claim(claimed, row, numbered(event, claimed.number, version_of=of_then))


def _new_claim(replay: Replay, row: Delivery, event: Event, number: int, after_sequences: Mapping[str, int]) -> Claim:
    claimed = Replayed(
        delivery_id=row.delivery_id,
        workspace_id=replay.workspace_id,
        replay_id=replay.replay_id,
        number=number,
        replayed_as="",
        published=False,
        after_sequence=after_sequences[row.delivery_id],
        claimed_us=now_us(),
    )
    claim = _claim(replay, claimed, row, event)
    claimed.replayed_as = id_of(claim.event) if claim.event else ""
    return claim


async def _claimed(session: AsyncSession, delivery_ids: Collection[str]) -> set[str]:
    query = select(Replayed.delivery_id).where(col(Replayed.delivery_id).in_(delivery_ids))
    return set((await session.scalars(query)).all())


async def _open(session: AsyncSession, replay_id: str, delivery_ids: Collection[str]) -> set[str]:
    query = select(Replayed.delivery_id).where(
        col(Replayed.delivery_id).in_(delivery_ids),
        col(Replayed.replay_id) == replay_id,
        col(Replayed.published).is_(False),
    )
    return set((await session.scalars(query)).all())


async def _set_last(session: AsyncSession, workspace_id: str, number: int) -> None:
    await session.execute(
        update(ReplayNumber).where(col(ReplayNumber.workspace_id) == workspace_id).values(last=number)
    )


def _counted(counts: Mapping[str, int], reason: str, more: int = 1) -> dict[str, int]:
    # A new object each time: only then is the column written.
    return {**counts, reason: counts.get(reason, 0) + more} if more else dict(counts)
