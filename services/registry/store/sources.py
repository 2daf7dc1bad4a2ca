"""Sources: created, changed and removed, each with what CONFIG must learn of it in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import source_pb2
from services.registry.inputs import RequestInput, SourceInput
from services.registry.settings_schema import parse_changes
from services.registry.store import outbox, requests
from services.registry.store.configs import publish_source
from services.registry.store.connections import touch_destinations_of
from services.registry.store.filters import remove_filters_of_source
from services.registry.store.inserts import take_insert_away
from services.registry.store.instances import Instances
from services.registry.store.shown import shown_source, shown_sources
from services.registry.store.tables import FunctionRow, InstanceRow, SourceRow, TokenRow
from services.registry.store.transactions import Transactions, find, in_scope, require_etag, require_free_name
from services.registry.store.write_keys import add_write_key
from services.registry.validation import refuse
from shared.errors import AlreadyExists, FieldViolation
from shared.ids import new_id

_SETTINGS = "source.settings"
# Fields that a row has as they were sent.
_PLAIN = frozenset({"enabled", "backlog_limit"})


@dataclass(frozen=True, slots=True)
class SourceUpdate:
    """A checked change: `fields` of `values`."""

    values: SourceInput
    fields: Collection[str]
    etag: str
    sent: RequestInput


class SourceStore:
    """The sources of all workspaces; every method works in one."""

    def __init__(self, *, transactions: Transactions, instances: Instances) -> None:
        self._transactions = transactions
        self._instances = instances

    async def create(
        self, workspace_id: str, values: SourceInput, *, function: str, token: str, sent: RequestInput
    ) -> source_pb2.Source:
        """Make a source that a token opens, with an instance of `function` if there is one.

        Raises AlreadyExists, also for a repeated request; NotFound for the function; InvalidArgument for settings.
        """
        async with self._transactions.change(workspace_id) as session:
            await _refuse_repeated(session, workspace_id, sent)
            await require_free_name(session, SourceRow, workspace_id, values.name)
            instance = await self._instance(session, workspace_id, function, values.settings)
            row = _new_row(workspace_id, values, instance)
            session.add(row)
            await session.flush()
            await publish_source(session, row)
            await add_write_key(session, row, token)
            # Without its token: that is stored nowhere.
            first = source_pb2.CreateSourceResponse(source=source_pb2.Source(source_id=row.id))
            await requests.remember(session, workspace_id, sent, first)
            return await shown_source(session, row)

    async def get(self, workspace_id: str, reference: str) -> source_pb2.Source:
        """Give a source. Raises NotFound."""
        async with self._transactions.read() as session:
            return await shown_source(session, await find(session, SourceRow, workspace_id, reference))

    async def page(
        self, workspace_id: str, *, scope: frozenset[str] | None, after: str, limit: int
    ) -> Sequence[source_pb2.Source]:
        """Give sources of the scope, the oldest first."""
        query = select(SourceRow).where(SourceRow.workspace_id == workspace_id, SourceRow.id > after)
        query = query.where(in_scope(SourceRow.id, scope))
        async with self._transactions.read() as session:
            rows = (await session.scalars(query.order_by(SourceRow.id).limit(limit))).all()
            return await shown_sources(session, rows)

    async def update(self, workspace_id: str, reference: str, update: SourceUpdate) -> source_pb2.UpdateSourceResponse:
        """Change fields. Raises NotFound, AlreadyExists, Aborted, InvalidArgument."""
        kind = source_pb2.UpdateSourceResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, update.sent, kind)
            if first:
                return first
            row = await find(session, SourceRow, workspace_id, reference)
            require_etag(update.etag, (await shown_source(session, row)).etag)
            await self._change(session, row, update.values, update.fields)
            answer = kind(source=await shown_source(session, row))
            await requests.remember(session, workspace_id, update.sent, answer)
            return answer

    async def delete(self, workspace_id: str, reference: str, *, etag: str) -> None:
        """Remove a source with all that belongs to it. Raises NotFound, Aborted."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, SourceRow, workspace_id, reference)
            require_etag(etag, (await shown_source(session, row)).etag)
            # First of all nobody gets in any more.
            for digest in await session.scalars(select(TokenRow.digest).where(TokenRow.source_id == row.id)):
                outbox.put_delete(session, outbox.Action.TOKEN, digest)
            outbox.put_delete(session, outbox.Action.SOURCE, row.id)
            await touch_destinations_of(session, row.id)
            await remove_filters_of_source(session, row.id)
            await take_insert_away(session, self._instances, row)
            await session.delete(row)
            await session.flush()
            if row.instance_id:
                await self._instances.delete(session, await session.get_one(InstanceRow, row.instance_id))

    async def _instance(
        self, session: AsyncSession, workspace_id: str, reference: str, settings: bytes
    ) -> InstanceRow | None:
        if not reference:
            parse_changes(settings, [], field=_SETTINGS)
            return None
        function = await find(session, FunctionRow, workspace_id, reference)
        if function.kind != config_pb2.FUNCTION_KIND_SOURCE:
            refuse(FieldViolation("source.function_id", "is not a source function"))
        return await self._instances.create(session, function, settings, field=_SETTINGS)

    async def _change(
        self, session: AsyncSession, row: SourceRow, values: SourceInput, fields: Collection[str]
    ) -> None:
        if "name" in fields and values.name != row.name:
            await require_free_name(session, SourceRow, row.workspace_id, values.name)
            row.name = values.name
        for field in _PLAIN.intersection(fields):
            setattr(row, field, getattr(values, field))
        if "settings" in fields:
            await self._change_settings(session, row, values.settings)
        row.updated_at = datetime.now(UTC)
        await session.flush()
        await publish_source(session, row)

    async def _change_settings(self, session: AsyncSession, row: SourceRow, settings: bytes) -> None:
        if not row.instance_id:
            parse_changes(settings, [], field=_SETTINGS)
            return
        instance = await session.get_one(InstanceRow, row.instance_id)
        await self._instances.change_settings(session, instance, settings, field=_SETTINGS)


def _new_row(workspace_id: str, values: SourceInput, instance: InstanceRow | None) -> SourceRow:
    now = datetime.now(UTC)
    return SourceRow(
        id=new_id("src"),
        workspace_id=workspace_id,
        name=values.name,
        instance_id=instance and instance.id,
        backlog_limit=values.backlog_limit,
        created_at=now,
        updated_at=now,
    )


async def _refuse_repeated(session: AsyncSession, workspace_id: str, sent: RequestInput) -> None:
    first = await requests.first_answer(session, workspace_id, sent, source_pb2.CreateSourceResponse)
    if first:
        raise AlreadyExists(
            "This request made a source before; its token was in that answer alone.",
            reason="REQUEST_REPEATED",
            metadata={"source_id": first.source.source_id},
        )
