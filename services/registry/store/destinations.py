"""Destinations: created, changed and removed, each with what CONFIG must learn of it in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2
from services.registry.inputs import DestinationInput, RequestInput
from services.registry.store import outbox, requests
from services.registry.store.configs import publish_destination, publish_source
from services.registry.store.connections import connect, disconnect, sources_of
from services.registry.store.filters import remove_filters_of_destination
from services.registry.store.inserts import take_insert_away
from services.registry.store.instances import Instances
from services.registry.store.shown import shown_destination, shown_destinations
from services.registry.store.tables import DestinationRow, FunctionRow, InstanceRow, SourceRow
from services.registry.store.transactions import Transactions, find, in_scope, require_etag, require_free_name
from services.registry.validation import refuse
from shared.errors import FailedPrecondition, FieldViolation, NotFound
from shared.ids import new_id

_SETTINGS = "destination.settings"
# Fields that a row has as they were sent.
_PLAIN = frozenset({"enabled", "max_per_second", "concurrency", "backlog_limit"})


@dataclass(frozen=True, slots=True)
class DestinationUpdate:
    """A checked change: `fields` of `values`."""

    values: DestinationInput
    fields: Collection[str]
    etag: str
    sent: RequestInput


class DestinationStore:
    """The destinations of all workspaces; every method works in one."""

    def __init__(self, *, transactions: Transactions, instances: Instances) -> None:
        self._transactions = transactions
        self._instances = instances

    async def create(
        self, workspace_id: str, values: DestinationInput, *, function: str, sent: RequestInput
    ) -> destination_pb2.CreateDestinationResponse:
        """Make a destination with an instance of `function`.

        Raises AlreadyExists, NotFound for the function, InvalidArgument for settings.
        """
        kind = destination_pb2.CreateDestinationResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            await require_free_name(session, DestinationRow, workspace_id, values.name)
            instance = await self._instance(session, workspace_id, function, values.settings)
            row = _new_row(workspace_id, values, instance)
            session.add(row)
            await session.flush()
            await publish_destination(session, row)
            answer = kind(destination=await shown_destination(session, row))
            await requests.remember(session, workspace_id, sent, answer)
            return answer

    async def get(self, workspace_id: str, reference: str) -> destination_pb2.Destination:
        """Give a destination. Raises NotFound."""
        async with self._transactions.read() as session:
            return await shown_destination(session, await find(session, DestinationRow, workspace_id, reference))

    async def page(
        self, workspace_id: str, *, scope: frozenset[str] | None, after: str, limit: int
    ) -> Sequence[destination_pb2.Destination]:
        """Give destinations of the scope, the oldest first."""
        query = select(DestinationRow).where(DestinationRow.workspace_id == workspace_id, DestinationRow.id > after)
        query = query.where(in_scope(DestinationRow.id, scope))
        async with self._transactions.read() as session:
            rows = (await session.scalars(query.order_by(DestinationRow.id).limit(limit))).all()
            return await shown_destinations(session, rows)

    async def update(
        self, workspace_id: str, reference: str, update: DestinationUpdate
    ) -> destination_pb2.UpdateDestinationResponse:
        """Change fields. Raises NotFound, AlreadyExists, Aborted, InvalidArgument."""
        kind = destination_pb2.UpdateDestinationResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, update.sent, kind)
            if first:
                return first
            row = await find(session, DestinationRow, workspace_id, reference)
            require_etag(update.etag, (await shown_destination(session, row)).etag)
            await self._change(session, row, update.values, update.fields)
            answer = kind(destination=await _changed(session, row))
            await requests.remember(session, workspace_id, update.sent, answer)
            return answer

    async def disable(self, workspace_id: str, destination_id: str, *, failing_since: datetime, reason: str) -> None:
        """Switch off a destination that has failed since then. Raises NotFound; FailedPrecondition if it changed."""
        async with self._transactions.change(workspace_id, reason=reason) as session:
            row = await find(session, DestinationRow, workspace_id, destination_id)
            if not row.enabled:
                return
            if row.updated_at > failing_since:
                # Who changed it may have mended it: it gets its days anew.
                raise FailedPrecondition("It was changed since it began to fail.", reason="CHANGED_SINCE")
            row.enabled = False
            await _changed(session, row)

    async def delete(self, workspace_id: str, reference: str, *, etag: str) -> None:
        """Remove a destination with all that belongs to it. Raises NotFound, Aborted."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, DestinationRow, workspace_id, reference)
            require_etag(etag, (await shown_destination(session, row)).etag)
            sources = (await sources_of(session, [row.id])).get(row.id, [])
            for source_id in sources:
                await disconnect(session, source_id=source_id, destination_id=row.id)
            # Nothing may be routed to it any more when it goes.
            for source_id in sources:
                await publish_source(session, await session.get_one(SourceRow, source_id))
            outbox.put_delete(session, outbox.Action.DESTINATION, row.id)
            await remove_filters_of_destination(session, row.id)
            await take_insert_away(session, self._instances, row)
            await session.delete(row)
            await session.flush()
            await self._instances.delete(session, await session.get_one(InstanceRow, row.instance_id))

    async def connect(self, workspace_id: str, *, source: str, destination: str) -> destination_pb2.Destination:
        """Lead a source's messages to a destination. Raises NotFound."""
        async with self._transactions.change(workspace_id) as session:
            source_row = await find(session, SourceRow, workspace_id, source)
            row = await find(session, DestinationRow, workspace_id, destination)
            if not await connect(session, workspace_id=workspace_id, source_id=source_row.id, destination_id=row.id):
                return await shown_destination(session, row)
            await publish_source(session, source_row)
            return await _changed(session, row)

    async def disconnect(self, workspace_id: str, *, source: str, destination: str) -> destination_pb2.Destination:
        """End a connection. Raises NotFound, also when there is none."""
        async with self._transactions.change(workspace_id) as session:
            source_row = await find(session, SourceRow, workspace_id, source)
            row = await find(session, DestinationRow, workspace_id, destination)
            if not await disconnect(session, source_id=source_row.id, destination_id=row.id):
                raise NotFound("They are not connected.", metadata={"source": source_row.id, "destination": row.id})
            await publish_source(session, source_row)
            return await _changed(session, row)

    async def _change(
        self, session: AsyncSession, row: DestinationRow, values: DestinationInput, fields: Collection[str]
    ) -> None:
        if "name" in fields and values.name != row.name:
            await require_free_name(session, DestinationRow, row.workspace_id, values.name)
            row.name = values.name
        for field in _PLAIN.intersection(fields):
            setattr(row, field, getattr(values, field))
        if "settings" in fields:
            instance = await session.get_one(InstanceRow, row.instance_id)
            await self._instances.change_settings(session, instance, values.settings, field=_SETTINGS)

    async def _instance(self, session: AsyncSession, workspace_id: str, reference: str, settings: bytes) -> InstanceRow:
        function = await find(session, FunctionRow, workspace_id, reference)
        if function.kind != config_pb2.FUNCTION_KIND_DESTINATION:
            refuse(FieldViolation("destination.function_id", "is not a destination function"))
        return await self._instances.create(session, function, settings, field=_SETTINGS)


def _new_row(workspace_id: str, values: DestinationInput, instance: InstanceRow) -> DestinationRow:
    now = datetime.now(UTC)
    return DestinationRow(
        id=new_id("dst"),
        workspace_id=workspace_id,
        name=values.name,
        instance_id=instance.id,
        max_per_second=values.max_per_second,
        concurrency=values.concurrency,
        backlog_limit=values.backlog_limit,
        created_at=now,
        updated_at=now,
    )


async def _changed(session: AsyncSession, row: DestinationRow) -> destination_pb2.Destination:
    row.updated_at = datetime.now(UTC)
    await session.flush()
    await publish_destination(session, row)
    return await shown_destination(session, row)
