"""Destination filters: added, changed and removed, each with what CONFIG must learn of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import func, select

from penstock.registry.v1 import filter_pb2
from services.registry.filter_inputs import FilterInput
from services.registry.inputs import RequestInput
from services.registry.store import requests
from services.registry.store.configs import publish_destination
from services.registry.store.messages import filter_message
from services.registry.store.tables import DestinationRow, FilterRow, SourceRow
from services.registry.store.transactions import Transactions, find, not_found, require_etag
from shared.errors import ResourceExhausted
from shared.ids import new_id

MAX_FILTERS = 10
# Fields that a row has as they were sent.
_PLAIN = frozenset({"title", "description", "condition", "enabled"})


@dataclass(frozen=True, slots=True)
class FilterUpdate:
    """A checked change: `fields` of `values`."""

    values: FilterInput
    fields: Collection[str]
    etag: str
    sent: RequestInput


class FilterStore:
    """The filters of all workspaces' destinations; every method works in one workspace."""

    def __init__(self, *, transactions: Transactions) -> None:
        self._transactions = transactions

    async def create(
        self, workspace_id: str, values: FilterInput, *, destination: str, source: str, sent: RequestInput
    ) -> filter_pb2.CreateFilterResponse:
        """Add a filter, for the messages of `source` or of all.

        Raises NotFound for destination and source, ResourceExhausted when the destination has as many as it may.
        """
        kind = filter_pb2.CreateFilterResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            owner = await find(session, DestinationRow, workspace_id, destination)
            of = await find(session, SourceRow, workspace_id, source) if source else None
            await _require_room(session, owner)
            row = _new_row(owner, of, values)
            session.add(row)
            answer = kind(filter=await _changed(session, row, owner))
            await requests.remember(session, workspace_id, sent, answer)
            return answer

    async def get(self, workspace_id: str, destination: str, filter_id: str) -> filter_pb2.Filter:
        """Give a filter. Raises NotFound."""
        async with self._transactions.read() as session:
            owner = await find(session, DestinationRow, workspace_id, destination)
            return filter_message(await _find(session, owner, filter_id))

    async def page(self, workspace_id: str, destination: str, *, after: str, limit: int) -> Sequence[filter_pb2.Filter]:
        """Give the filters of a destination, the oldest first. Raises NotFound for the destination."""
        async with self._transactions.read() as session:
            owner = await find(session, DestinationRow, workspace_id, destination)
            query = select(FilterRow).where(FilterRow.destination_id == owner.id, FilterRow.id > after)
            rows = await session.scalars(query.order_by(FilterRow.id).limit(limit))
            return [filter_message(row) for row in rows]

    async def update(
        self, workspace_id: str, destination: str, filter_id: str, update: FilterUpdate
    ) -> filter_pb2.UpdateFilterResponse:
        """Change fields. Raises NotFound, Aborted."""
        kind = filter_pb2.UpdateFilterResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, update.sent, kind)
            if first:
                return first
            owner = await find(session, DestinationRow, workspace_id, destination)
            row = await _find(session, owner, filter_id)
            require_etag(update.etag, filter_message(row).etag)
            _change(row, update.values, update.fields)
            answer = kind(filter=await _changed(session, row, owner))
            await requests.remember(session, workspace_id, update.sent, answer)
            return answer

    async def delete(self, workspace_id: str, destination: str, filter_id: str, *, etag: str) -> None:
        """Remove a filter. Raises NotFound, Aborted."""
        async with self._transactions.change(workspace_id) as session:
            owner = await find(session, DestinationRow, workspace_id, destination)
            row = await _find(session, owner, filter_id)
            require_etag(etag, filter_message(row).etag)
            await session.delete(row)
            await session.flush()
            await publish_destination(session, owner)


async def remove_filters_of_source(session: AsyncSession, source_id: str) -> None:
    """Remove the filters for the messages of a source that is about to go."""
    rows = (await session.scalars(select(FilterRow).where(FilterRow.source_id == source_id))).all()
    for row in rows:
        await session.delete(row)
    await session.flush()
    for destination_id in sorted({row.destination_id for row in rows}):
        await publish_destination(session, await session.get_one(DestinationRow, destination_id))


async def remove_filters_of_destination(session: AsyncSession, destination_id: str) -> None:
    """Remove the filters of a destination that is about to go."""
    for row in await session.scalars(select(FilterRow).where(FilterRow.destination_id == destination_id)):
        await session.delete(row)
    await session.flush()


async def _require_room(session: AsyncSession, destination: DestinationRow) -> None:
    query = select(func.count()).where(FilterRow.destination_id == destination.id)
    if (await session.scalars(query)).one() >= MAX_FILTERS:
        raise ResourceExhausted(
            f"A destination has at most {MAX_FILTERS} filters; delete one first.",
            reason="FILTER_LIMIT",
            metadata={"limit": str(MAX_FILTERS)},
        )


def _new_row(destination: DestinationRow, source: SourceRow | None, values: FilterInput) -> FilterRow:
    now = datetime.now(UTC)
    return FilterRow(
        id=new_id("fil"),
        workspace_id=destination.workspace_id,
        destination_id=destination.id,
        source_id=source and source.id,
        title=values.title,
        description=values.description,
        condition=values.condition,
        actions=values.stored_actions(),
        enabled=values.enabled,
        created_at=now,
        updated_at=now,
    )


def _change(row: FilterRow, values: FilterInput, fields: Collection[str]) -> None:
    for field in _PLAIN.intersection(fields):
        setattr(row, field, getattr(values, field))
    if "actions" in fields:
        row.actions = values.stored_actions()


async def _find(session: AsyncSession, destination: DestinationRow, filter_id: str) -> FilterRow:
    row = await session.get(FilterRow, filter_id) if "\0" not in filter_id else None
    if row is None or row.destination_id != destination.id:
        raise not_found("filters", filter_id)
    return row


async def _changed(session: AsyncSession, row: FilterRow, destination: DestinationRow) -> filter_pb2.Filter:
    row.updated_at = datetime.now(UTC)
    await session.flush()
    await publish_destination(session, destination)
    return filter_message(row)
