"""Sources: created, changed and removed, each with what CONFIG must learn of it in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import source_pb2
from services.registry.inputs import SourceInput
from services.registry.settings_schema import parse_changes
from services.registry.store import outbox, requests
from services.registry.store.configs import publish_source, publish_token
from services.registry.store.connections import touch_destinations_of
from services.registry.store.instances import Instances, instances_by_id
from services.registry.store.messages import source_message
from services.registry.store.tables import FunctionRow, InstanceRow, SourceRow, TokenRow
from services.registry.store.transactions import Transactions, find, require_etag, require_free_name
from services.registry.validation import refuse
from shared.errors import AlreadyExists, FieldViolation
from shared.ids import new_id

_SETTINGS = "source.settings"


class SourceStore:
    """The sources of all workspaces; every method works in one."""

    def __init__(self, *, transactions: Transactions, instances: Instances) -> None:
        self._transactions = transactions
        self._instances = instances

    async def create(
        self, workspace_id: str, values: SourceInput, *, function: str, token_digest: str, request_id: str
    ) -> source_pb2.Source:
        """Make a source that a token opens, with an instance of `function` if there is one.

        Raises AlreadyExists, also for a repeated request; NotFound for the function; InvalidArgument for settings.
        """
        async with self._transactions.change(workspace_id) as session:
            await _refuse_repeated(session, workspace_id, request_id)
            await require_free_name(session, SourceRow, workspace_id, values.name)
            instance = await self._instance(session, workspace_id, function, values.settings)
            row = _new_row(workspace_id, values, instance)
            session.add(row)
            await session.flush()
            await publish_source(session, row)
            await _add_token(session, row, token_digest)
            # Without its token: that is stored nowhere.
            first = source_pb2.CreateSourceResponse(source=source_pb2.Source(source_id=row.id))
            await requests.remember(session, workspace_id, request_id, first)
            return source_message(row, instance)

    async def get(self, workspace_id: str, reference: str) -> source_pb2.Source:
        """Give a source. Raises NotFound."""
        async with self._transactions.read() as session:
            return await _message(session, await find(session, SourceRow, workspace_id, reference))

    async def page(self, workspace_id: str, *, after: str, limit: int) -> Sequence[source_pb2.Source]:
        """Give sources, the oldest first."""
        query = select(SourceRow).where(SourceRow.workspace_id == workspace_id, SourceRow.id > after)
        async with self._transactions.read() as session:
            rows = (await session.scalars(query.order_by(SourceRow.id).limit(limit))).all()
            instances = await instances_by_id(session, [row.instance_id for row in rows])
            return [source_message(row, instances.get(row.instance_id)) for row in rows]

    async def update(
        self, workspace_id: str, reference: str, values: SourceInput, fields: Collection[str], *, etag: str
    ) -> source_pb2.Source:
        """Change fields. Raises NotFound, AlreadyExists, Aborted, InvalidArgument."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, SourceRow, workspace_id, reference)
            require_etag(etag, (await _message(session, row)).etag)
            if "name" in fields and values.name != row.name:
                await require_free_name(session, SourceRow, workspace_id, values.name)
                row.name = values.name
            if "enabled" in fields:
                row.enabled = values.enabled
            if "backlog_limit" in fields:
                row.backlog_limit = values.backlog_limit
            if "settings" in fields:
                await self._change_settings(session, row, values.settings)
            row.updated_at = datetime.now(UTC)
            await session.flush()
            await publish_source(session, row)
            return await _message(session, row)

    async def delete(self, workspace_id: str, reference: str) -> None:
        """Remove a source with all that belongs to it. Raises NotFound."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, SourceRow, workspace_id, reference)
            # First of all nobody gets in any more.
            for digest in await session.scalars(select(TokenRow.digest).where(TokenRow.source_id == row.id)):
                outbox.put_delete(session, outbox.Action.TOKEN, digest)
            outbox.put_delete(session, outbox.Action.SOURCE, row.id)
            await touch_destinations_of(session, row.id)
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


async def _refuse_repeated(session: AsyncSession, workspace_id: str, request_id: str) -> None:
    first = await requests.first_answer(session, workspace_id, request_id, source_pb2.CreateSourceResponse)
    if first:
        raise AlreadyExists(
            "This request made a source before; its token was in that answer alone.",
            reason="REQUEST_REPEATED",
            metadata={"source_id": first.source.source_id},
        )


async def _add_token(session: AsyncSession, row: SourceRow, digest: str) -> None:
    token = TokenRow(
        id=new_id("tok"),
        workspace_id=row.workspace_id,
        digest=digest,
        source_id=row.id,
        roles=[],
        created_at=datetime.now(UTC),
    )
    session.add(token)
    await session.flush()
    publish_token(session, token)


async def _message(session: AsyncSession, row: SourceRow) -> source_pb2.Source:
    return source_message(row, await session.get(InstanceRow, row.instance_id) if row.instance_id else None)
