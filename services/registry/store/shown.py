"""Rows with what belongs to them, as people get them; lists and single answers go one way, so that etags agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.registry.v1 import destination_pb2, function_pb2, insert_function_instance_pb2, source_pb2
from services.registry.store.connections import sources_of
from services.registry.store.instances import instances_by_id
from services.registry.store.messages import destination_message, function_message, insert_message, source_message
from services.registry.store.tables import DestinationRow, FunctionRow, InsertRow, SourceRow, TokenRow, VersionRow


async def shown_function(session: AsyncSession, row: FunctionRow) -> function_pb2.Function:
    """Give a function with its newest code."""
    version = await session.get_one(VersionRow, row.latest_version_id)
    return function_message(row, handlers=version.handlers, code=version.code)


async def shown_source(session: AsyncSession, row: SourceRow) -> source_pb2.Source:
    """Give a source."""
    return (await shown_sources(session, [row]))[0]


async def shown_sources(session: AsyncSession, rows: Sequence[SourceRow]) -> Sequence[source_pb2.Source]:
    """Give sources, with their instances and tokens."""
    instances = await instances_by_id(session, [row.instance_id for row in rows])
    keys = await _keys_of(session, [row.id for row in rows])
    return [source_message(row, instances.get(row.instance_id), keys.get(row.id, [])) for row in rows]


async def shown_destination(session: AsyncSession, row: DestinationRow) -> destination_pb2.Destination:
    """Give a destination."""
    return (await shown_destinations(session, [row]))[0]


async def shown_destinations(
    session: AsyncSession, rows: Sequence[DestinationRow]
) -> Sequence[destination_pb2.Destination]:
    """Give destinations, with their instances and sources."""
    instances = await instances_by_id(session, [row.instance_id for row in rows])
    sources = await sources_of(session, [row.id for row in rows])
    return [destination_message(row, instances[row.instance_id], sources.get(row.id, [])) for row in rows]


async def shown_insert(session: AsyncSession, row: InsertRow) -> insert_function_instance_pb2.InsertFunctionInstance:
    """Give an insert function in use."""
    return (await shown_inserts(session, [row]))[0]


async def shown_inserts(
    session: AsyncSession, rows: Sequence[InsertRow]
) -> Sequence[insert_function_instance_pb2.InsertFunctionInstance]:
    """Give insert functions in use, with their instances."""
    instances = await instances_by_id(session, [row.instance_id for row in rows])
    return [insert_message(row, instances[row.instance_id]) for row in rows]


async def _keys_of(session: AsyncSession, source_ids: Collection[str]) -> Mapping[str | None, list[TokenRow]]:
    query = select(TokenRow).where(col(TokenRow.source_id).in_(source_ids)).order_by(TokenRow.id)
    found: defaultdict[str | None, list[TokenRow]] = defaultdict(list)
    for row in await session.scalars(query):
        found[row.source_id].append(row)
    return found
