"""Insert functions in use: made, changed and taken away, each with what CONFIG must learn of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import or_, select

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import insert_function_instance_pb2 as inserts_pb2
from services.registry.inputs import RequestInput
from services.registry.insert_inputs import InsertInput
from services.registry.store import requests
from services.registry.store.configs import insert_of, publish_owner_of_insert
from services.registry.store.instances import Instances
from services.registry.store.shown import shown_insert, shown_inserts
from services.registry.store.tables import DestinationRow, FunctionRow, InsertRow, InstanceRow, SourceRow
from services.registry.store.transactions import Transactions, find, in_scope, is_there, not_found, require_etag
from services.registry.validation import refuse
from shared.errors import AlreadyExists, FieldViolation, NotFound

_ROOT = "insert_function_instance"
_SETTINGS = f"{_ROOT}.settings"
# What a kind of function is for, and what it is not.
_SERVED: dict[int, tuple[type[SourceRow | DestinationRow], type[SourceRow | DestinationRow]]] = {
    config_pb2.FUNCTION_KIND_INSERT_SOURCE: (SourceRow, DestinationRow),
    config_pb2.FUNCTION_KIND_INSERT_DESTINATION: (DestinationRow, SourceRow),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an insert function's instance is looked for: in a workspace, and in a scope if there is one."""

    workspace_id: str
    instance_id: str
    scope: frozenset[str] | None

    def sees(self, row: InsertRow) -> bool:
        """Tell whether what an instance is for is of the scope."""
        return self.scope is None or (row.source_id or row.destination_id) in self.scope


@dataclass(frozen=True, slots=True)
class InsertUpdate:
    """A checked change: `fields` of `values`."""

    values: InsertInput
    fields: Collection[str]
    etag: str
    sent: RequestInput


class InsertStore:
    """The insert functions that all workspaces use; every method works in one workspace."""

    def __init__(self, *, transactions: Transactions, instances: Instances) -> None:
        self._transactions = transactions
        self._instances = instances

    async def create(
        self, workspace_id: str, values: InsertInput, *, function: str, integration: str, sent: RequestInput
    ) -> inserts_pb2.CreateInsertFunctionInstanceResponse:
        """Put `function` before the source or destination `integration`.

        Raises NotFound for either, InvalidArgument for settings and kinds, AlreadyExists when another one is there.
        """
        kind = inserts_pb2.CreateInsertFunctionInstanceResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            function_row = await find(session, FunctionRow, workspace_id, function)
            owner = await _owner(session, function_row, integration)
            await _require_free(session, owner)
            instance = await self._instances.create(session, function_row, values.settings, field=_SETTINGS)
            row = _new_row(owner, instance, function_row, values)
            session.add(row)
            answer = kind(insert_function_instance=await _changed(session, row))
            await requests.remember(session, workspace_id, sent, answer)
            return answer

    async def get(self, at: Place) -> inserts_pb2.InsertFunctionInstance:
        """Give one. Raises NotFound."""
        async with self._transactions.read() as session:
            return await shown_insert(session, await _find(session, at))

    async def page(
        self, workspace_id: str, *, function: str, scope: frozenset[str] | None, after: str, limit: int
    ) -> Sequence[inserts_pb2.InsertFunctionInstance]:
        """Give those of a function, or all, the oldest first. Raises NotFound for the function."""
        is_seen = or_(in_scope(InsertRow.source_id, scope), in_scope(InsertRow.destination_id, scope))
        query = select(InsertRow).where(InsertRow.workspace_id == workspace_id, InsertRow.instance_id > after, is_seen)
        async with self._transactions.read() as session:
            if function:
                of = (await find(session, FunctionRow, workspace_id, function)).id
                query = query.join(InstanceRow).where(InstanceRow.function_id == of)
            rows = (await session.scalars(query.order_by(InsertRow.instance_id).limit(limit))).all()
            return await shown_inserts(session, rows)

    async def update(self, at: Place, update: InsertUpdate) -> inserts_pb2.UpdateInsertFunctionInstanceResponse:
        """Change fields. Raises NotFound, Aborted, InvalidArgument."""
        kind = inserts_pb2.UpdateInsertFunctionInstanceResponse
        async with self._transactions.change(at.workspace_id) as session:
            first = await requests.first_answer(session, at.workspace_id, update.sent, kind)
            if first:
                return first
            row = await _find(session, at)
            require_etag(update.etag, (await shown_insert(session, row)).etag)
            await self._change(session, row, update.values, update.fields)
            answer = kind(insert_function_instance=await _changed(session, row))
            await requests.remember(session, at.workspace_id, update.sent, answer)
            return answer

    async def delete(self, at: Place, *, etag: str) -> None:
        """Take one away, with its secrets. Raises NotFound, Aborted."""
        async with self._transactions.change(at.workspace_id) as session:
            row = await _find(session, at)
            require_etag(etag, (await shown_insert(session, row)).etag)
            await session.delete(row)
            await session.flush()
            # Messages go past it before it goes.
            await publish_owner_of_insert(session, row)
            await self._instances.delete(session, await session.get_one(InstanceRow, row.instance_id))

    async def _change(
        self, session: AsyncSession, row: InsertRow, values: InsertInput, fields: Collection[str]
    ) -> None:
        instance = await session.get_one(InstanceRow, row.instance_id)
        if "name" in fields:
            row.name = values.name or (await session.get_one(FunctionRow, instance.function_id)).name
        if "enabled" in fields:
            row.enabled = values.enabled
        if "settings" in fields:
            await self._instances.change_settings(session, instance, values.settings, field=_SETTINGS)


async def take_insert_away(session: AsyncSession, instances: Instances, owner: SourceRow | DestinationRow) -> None:
    """Remove the insert function, if there is one, of a source or destination that is about to go."""
    row = await insert_of(session, owner)
    if row:
        await session.delete(row)
        await session.flush()
        await instances.delete(session, await session.get_one(InstanceRow, row.instance_id))


async def _owner(session: AsyncSession, function: FunctionRow, reference: str) -> SourceRow | DestinationRow:
    """Find what the function's kind is for. Raises NotFound; InvalidArgument for a function of another kind."""
    if function.kind not in _SERVED:
        refuse(FieldViolation(f"{_ROOT}.function_id", "is not an insert function"))
    table, other = _SERVED[function.kind]
    try:
        return await find(session, table, function.workspace_id, reference)
    except NotFound:
        # What is there, but of the other kind, is a mistake that can be named.
        if await is_there(session, other, function.workspace_id, reference):
            wanted = table.__tablename__.removesuffix("s")
            refuse(FieldViolation(f"{_ROOT}.integration_id", f"is no {wanted}, and the function is for {wanted}s"))
        raise


async def _require_free(session: AsyncSession, owner: SourceRow | DestinationRow) -> None:
    taken = await insert_of(session, owner)
    if taken:
        raise AlreadyExists(
            f"{owner.name!r} has an insert function already; delete that one first.",
            reason="INSERT_TAKEN",
            metadata={"id": taken.instance_id},
        )


def _new_row(
    owner: SourceRow | DestinationRow, instance: InstanceRow, function: FunctionRow, values: InsertInput
) -> InsertRow:
    now = datetime.now(UTC)
    return InsertRow(
        instance_id=instance.id,
        workspace_id=owner.workspace_id,
        source_id=owner.id if isinstance(owner, SourceRow) else None,
        destination_id=owner.id if isinstance(owner, DestinationRow) else None,
        name=values.name or function.name,
        enabled=values.enabled,
        created_at=now,
        updated_at=now,
    )


async def _find(session: AsyncSession, at: Place) -> InsertRow:
    row = await session.get(InsertRow, at.instance_id) if "\0" not in at.instance_id else None
    if row is None or row.workspace_id != at.workspace_id or not at.sees(row):
        raise not_found("instances", at.instance_id)
    return row


async def _changed(session: AsyncSession, row: InsertRow) -> inserts_pb2.InsertFunctionInstance:
    row.updated_at = datetime.now(UTC)
    await session.flush()
    await publish_owner_of_insert(session, row)
    return await shown_insert(session, row)
