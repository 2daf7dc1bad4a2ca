"""Reading and writing the tables of what became of events."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy
from sqlalchemy import Table, and_, bindparam, func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from penstock.event.v1 import outcome_pb2
from services.delivery.counting import Counts, KnownEvents
from services.delivery.folding import Changes, Row, fold, keys_of
from services.delivery.metric_tables import HOUR_S, EventCounter, LatencyCounter
from services.delivery.purging import purge
from services.delivery.selection import Filter, conditions
from services.delivery.settings import ReadModelLimits
from services.delivery.tables import Counter, Delivery, Evidence, Projection, Replayed, Try, Usage
from shared.database import Database

_NAME = "outcomes"
_LOOK_UP = 500
# How many new rows of a workspace make it worth to look for old ones.
_PRUNE_EVERY = 500

_PRUNE_TRIES = text("DELETE FROM tries WHERE ordinal <= :oldest")
# Dead letters stay until they are purged, and so do replays that were refused: each was a dead letter before.
_AGING = "status != :dead AND NOT (status = :discarded AND replay > 0)"
_PRUNE_DELIVERIES = text(
    f"DELETE FROM deliveries WHERE workspace_id = :workspace_id AND {_AGING} AND ordinal < ("  # noqa: S608 constants
    f" SELECT min(ordinal) FROM (SELECT ordinal FROM deliveries WHERE workspace_id = :workspace_id AND {_AGING}"
    " ORDER BY ordinal DESC LIMIT :keep) AS newest)"
)
_PRUNE_EVIDENCE = text(
    f"DELETE FROM evidence WHERE workspace_id = :workspace_id AND destination_id = :destination_id AND {_AGING}"  # noqa: S608
    " AND ordinal < (SELECT min(ordinal) FROM (SELECT ordinal FROM evidence WHERE workspace_id = :workspace_id"
    f" AND destination_id = :destination_id AND {_AGING} ORDER BY ordinal DESC LIMIT :keep) AS newest)"
)


class Overtaken(Exception):
    """Another projector has folded what this one was about to fold."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery, with what it was replayed as and what it is a replay of, if that is so."""

    row: Delivery
    replayed_as: str | None
    replay_of: str | None


_AS: Any = aliased(Replayed)
_OF: Any = aliased(Replayed)
# The messages of a replayed source run carry its number too.
_OF_IT = and_(_OF.workspace_id == Delivery.workspace_id, _OF.number == Delivery.replay, col(Delivery.replay) > 0)
_SHOWN: Any = (
    sqlalchemy.select(Delivery, _AS.replayed_as, _OF.delivery_id)
    .outerjoin(_AS, _AS.delivery_id == Delivery.delivery_id)
    .outerjoin(_OF, _OF_IT)
)


class Store:
    """The read models. Every read is of one workspace."""

    def __init__(self, database: Database, limits: ReadModelLimits) -> None:
        self._database = database
        self._limits = limits
        self._unpruned: Tally[str] = Tally()
        self._known_events = KnownEvents(limits.event_names_per_hour)
        self._used: set[str] = set()

    async def sequence(self) -> int:
        """Give how far OUTCOMES is folded; 0 at the beginning."""
        async with self._database.read() as session:
            found = await session.get(Projection, _NAME)
            return found.sequence if found else 0

    async def restart(self) -> None:
        """Fold from the beginning of the stream, as it is another one."""
        async with self._database.write() as session:
            found = await session.get(Projection, _NAME, with_for_update=True)
            if found:
                found.sequence = 0

    async def fold(self, outcomes: Sequence[outcome_pb2.Outcome], *, after: int, upto: int) -> None:
        """Fold what lies in the stream after the sequence `after` up to `upto`, in one transaction.

        Raises Overtaken when the tables stand somewhere else than at `after`.
        """
        try:
            async with self._database.write() as session:
                changes = await self._fold(session, outcomes, after, upto)
        except BaseException:
            # It tells of rows that were not written, or another projector has written more.
            self._known_events.forget()
            raise
        self._used.update(row["workspace_id"] for row in changes.usage.values())

    def used(self) -> set[str]:
        """Give the workspaces whose usage has grown since this was asked before."""
        used, self._used = self._used, set()
        return used

    async def _fold(
        self, session: AsyncSession, outcomes: Sequence[outcome_pb2.Outcome], after: int, upto: int
    ) -> Changes:
        projection = await self._projection(session)
        if projection.sequence != after:
            raise Overtaken
        known = await _known(session, keys_of(outcomes))
        await _learn_events(session, self._known_events, outcomes)
        counts = Counts(self._known_events)
        changes = fold(outcomes, known, projection.ordinal, counts)
        await self._write(session, changes)
        await self._write_counts(session, counts)
        projection.sequence = upto
        projection.ordinal += len(outcomes)
        session.add(projection)
        await self._prune(session, changes, projection.ordinal)
        return changes

    async def deliveries(self, workspace_id: str, wanted: Filter, *, before: int | None, limit: int) -> Sequence[Shown]:
        """List deliveries, the latest first, from those that changed before the ordinal `before` on."""
        query = _SHOWN.where(*conditions(workspace_id, wanted))
        if before is not None:
            query = query.where(col(Delivery.ordinal) < before)
        async with self._database.read() as session:
            found = await session.execute(query.order_by(col(Delivery.ordinal).desc()).limit(limit))
            return [Shown(*row) for row in found]

    async def delivery(self, workspace_id: str, delivery_id: str) -> tuple[Shown, bytes | None] | None:
        """Find a delivery and the evidence of its latest try that was no success."""
        query = _SHOWN.where(*conditions(workspace_id, Filter(delivery_ids=[delivery_id])))
        async with self._database.read() as session:
            found = (await session.execute(query)).one_or_none()
            evidence = await session.get(Evidence, delivery_id) if found else None
            return (Shown(*found), evidence.evidence if evidence else None) if found else None

    async def purge(self, workspace_id: str, wanted: Filter, *, only_count: bool = False) -> int:
        """Remove what matches now with its evidence, and tell how much it was; the counters keep it."""
        return await purge(self._database, workspace_id, wanted, only_count=only_count)

    async def stats(
        self, workspace_id: str, wanted: Filter, *, from_minute: int | None, to_minute: int | None
    ) -> Sequence[Any]:
        """Sum up counters: rows of stage, source, destination, status, reason, count and duplicates."""
        groups = (Counter.stage, Counter.source_id, Counter.destination_id, Counter.status, Counter.reason)
        sums = (func.sum(col(Counter.count)), func.sum(col(Counter.duplicates)))
        query: Any = sqlalchemy.select(*cast("Any", groups), *sums)
        query = query.where(col(Counter.workspace_id) == workspace_id)
        if wanted.source_id:
            query = query.where(col(Counter.source_id) == wanted.source_id)
        if wanted.destination_id:
            query = query.where(col(Counter.destination_id) == wanted.destination_id)
        if from_minute is not None:
            query = query.where(col(Counter.minute) >= from_minute)
        if to_minute is not None:
            query = query.where(col(Counter.minute) < to_minute)
        query = query.group_by(*groups).order_by(*groups)
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    async def _projection(self, session: AsyncSession) -> Projection:
        found = await session.get(Projection, _NAME, with_for_update=True)
        return found or Projection(name=_NAME, sequence=0, ordinal=0)

    async def _write(self, session: AsyncSession, changes: Changes) -> None:
        await self._upsert(session, Try, changes.tries)
        await self._upsert(session, Counter, changes.counters.values(), add=("count", "duplicates"))
        await self._upsert(session, Usage, changes.usage.values(), add=("invocations", "wall_us", "fuel"))
        await self._upsert(session, Delivery, changes.deliveries.values())
        await self._upsert(session, Evidence, changes.evidence.values())

    async def _write_counts(self, session: AsyncSession, counts: Counts) -> None:
        await self._upsert(session, EventCounter, counts.events.values(), add=("count", "retried"))
        await self._upsert(session, LatencyCounter, counts.latencies.values(), add=("count",))

    async def _upsert(
        self, session: AsyncSession, model: type[SQLModel], rows: Collection[Row], *, add: Collection[str] = ()
    ) -> None:
        """Insert rows; where the key exists, add the columns `add` and replace the others."""
        if not rows:
            return
        table: Table = cast("Any", model).__table__
        insert: Any = (sqlite if self._database.is_sqlite else postgresql).insert(table)
        keys = [column.name for column in table.primary_key]
        changed = {
            column.name: column + insert.excluded[column.name] if column.name in add else insert.excluded[column.name]
            for column in table.columns
            if column.name not in keys
        }
        await session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))

    async def _prune(self, session: AsyncSession, changes: Changes, ordinal: int) -> None:
        self._unpruned.update(row["workspace_id"] for row in changes.deliveries.values())
        self._unpruned.update(f"{row['workspace_id']} {row['destination_id']}" for row in changes.evidence.values())
        due = [name for name, rows in self._unpruned.items() if rows >= _PRUNE_EVERY]
        kept = {"dead": outcome_pb2.STATUS_EXHAUSTED, "discarded": outcome_pb2.STATUS_DISCARDED}
        for name in due:
            workspace_id, _, destination_id = name.partition(" ")
            where = {"workspace_id": workspace_id, **kept}
            if " " in name:
                keep = self._limits.failures_per_destination
                await session.execute(_PRUNE_EVIDENCE, where | {"destination_id": destination_id, "keep": keep})
            else:
                keep = self._limits.deliveries_per_workspace
                await session.execute(_PRUNE_DELIVERIES, where | {"keep": keep})
            del self._unpruned[name]
        if due:
            await session.execute(_PRUNE_TRIES, {"oldest": ordinal - self._limits.remembered_tries})


async def _known(session: AsyncSession, keys: Collection[str]) -> set[str]:
    """Find which tries were counted before."""
    known: set[str] = set()
    listed = sorted(keys)
    query = text("SELECT key FROM tries WHERE key IN :keys").bindparams(bindparam("keys", expanding=True))
    for start in range(0, len(listed), _LOOK_UP):
        known.update((await session.scalars(query, {"keys": listed[start : start + _LOOK_UP]})).all())
    return known


async def _learn_events(session: AsyncSession, known: KnownEvents, outcomes: Collection[outcome_pb2.Outcome]) -> None:
    """Learn which events the hours of outcomes count apart already."""
    for workspace_id, start_s in known.missing(outcomes):
        columns: Any = (EventCounter.event_type, EventCounter.event_name)
        query: Any = sqlalchemy.select(*columns).distinct()
        query = query.where(
            col(EventCounter.workspace_id) == workspace_id,
            col(EventCounter.span_s) == HOUR_S,
            col(EventCounter.start_s) == start_s,
        )
        found: Sequence[Any] = (await session.execute(query)).all()
        known.learn((workspace_id, start_s), [(event_type, event_name) for event_type, event_name in found])
