"""Functions: created, changed and removed, each with what CONFIG must learn of it in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import func, select

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2
from services.registry.inputs import FunctionInput, RequestInput
from services.registry.store import requests
from services.registry.store.configs import publish_owner
from services.registry.store.instances import Instances, instances_of
from services.registry.store.messages import function_message
from services.registry.store.shown import shown_function
from services.registry.store.tables import FunctionRow
from services.registry.store.transactions import Transactions, find, in_scope, require_etag, require_free_name
from services.registry.store.versions import VersionDraft, add_version, handlers_of, newest, put_on_top
from shared.errors import FailedPrecondition, ResourceExhausted
from shared.ids import new_id

# Fields that a row has as they were sent.
_PLAIN = frozenset({"description", "isolation", "logo_url"})


@dataclass(frozen=True, slots=True)
class FunctionUpdate:
    """A checked change: `fields` of `values`; `draft` when there is code among them."""

    values: FunctionInput
    fields: Collection[str]
    draft: VersionDraft | None
    etag: str
    sent: RequestInput


class FunctionStore:
    """The functions of all workspaces; every method works in one."""

    def __init__(self, *, transactions: Transactions, instances: Instances, limit: int) -> None:
        self._transactions = transactions
        self._instances = instances
        self._limit = limit

    async def create(
        self, workspace_id: str, values: FunctionInput, draft: VersionDraft, *, sent: RequestInput
    ) -> function_pb2.CreateFunctionResponse:
        """Make a function and its first version. Raises AlreadyExists and, past the limit, ResourceExhausted."""
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, sent, function_pb2.CreateFunctionResponse)
            if first:
                return first
            await self._require_room(session, workspace_id)
            await require_free_name(session, FunctionRow, workspace_id, values.display_name)
            row = await _add(session, workspace_id, values, draft)
            answer = function_pb2.CreateFunctionResponse(
                function=function_message(row, handlers=draft.handlers, code=draft.code)
            )
            await requests.remember(session, workspace_id, sent, answer)
            return answer

    async def answered(self, workspace_id: str, sent: RequestInput, kind: type[requests.M]) -> requests.M | None:
        """Give the first answer to a repeated request, before its code is checked again."""
        async with self._transactions.read() as session:
            return await requests.first_answer(session, workspace_id, sent, kind)

    async def get(self, workspace_id: str, reference: str) -> function_pb2.Function:
        """Give a function with its code. Raises NotFound."""
        async with self._transactions.read() as session:
            return await shown_function(session, await find(session, FunctionRow, workspace_id, reference))

    async def page(
        self,
        workspace_id: str,
        *,
        kind: config_pb2.FunctionKind.ValueType,
        scope: frozenset[str] | None,
        after: str,
        limit: int,
    ) -> Sequence[function_pb2.Function]:
        """Give functions of the scope without their code, the oldest first."""
        query = select(FunctionRow).where(FunctionRow.workspace_id == workspace_id, FunctionRow.id > after)
        query = query.where(in_scope(FunctionRow.id, scope))
        if kind:
            query = query.where(FunctionRow.kind == kind)
        async with self._transactions.read() as session:
            rows = (await session.scalars(query.order_by(FunctionRow.id).limit(limit))).all()
            handlers = await handlers_of(session, [row.latest_version_id for row in rows])
            return [function_message(row, handlers=handlers[row.latest_version_id]) for row in rows]

    async def update(
        self, workspace_id: str, reference: str, update: FunctionUpdate
    ) -> function_pb2.UpdateFunctionResponse:
        """Change fields; new code becomes a new version. Raises NotFound, AlreadyExists, Aborted, InvalidArgument."""
        kind = function_pb2.UpdateFunctionResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, update.sent, kind)
            if first:
                return first
            row = await find(session, FunctionRow, workspace_id, reference)
            require_etag(update.etag, (await shown_function(session, row)).etag)
            await self._change(session, row, update)
            answer = kind(function=await shown_function(session, row))
            await requests.remember(session, workspace_id, update.sent, answer)
            return answer

    async def delete(self, workspace_id: str, reference: str, *, etag: str) -> None:
        """Remove a function and its versions. Raises NotFound, Aborted, and FailedPrecondition while it is in use."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, FunctionRow, workspace_id, reference)
            require_etag(etag, (await shown_function(session, row)).etag)
            used = await instances_of(session, row.id)
            if used:
                raise FailedPrecondition(
                    f"{len(used)} sources or destinations use the function; delete them first.",
                    reason="FUNCTION_IN_USE",
                    metadata={"instances": str(len(used))},
                )
            await session.delete(row)

    async def _require_room(self, session: AsyncSession, workspace_id: str) -> None:
        query = select(func.count()).where(FunctionRow.workspace_id == workspace_id)
        if (await session.scalars(query)).one() >= self._limit:
            raise ResourceExhausted(
                f"The workspace has as many functions as it may, {self._limit}. Delete one that is no longer used, or "
                "have the operator raise PENSTOCK_MAX_FUNCTIONS.",
                reason="FUNCTION_LIMIT",
                metadata={"limit": str(self._limit)},
            )

    async def _change(self, session: AsyncSession, row: FunctionRow, update: FunctionUpdate) -> None:
        fields, values = update.fields, update.values
        if "display_name" in fields and values.display_name != row.name:
            await require_free_name(session, FunctionRow, row.workspace_id, values.display_name)
            row.name = values.display_name
        for field in _PLAIN.intersection(fields):
            setattr(row, field, getattr(values, field))
        if "settings" in fields:
            await self._instances.adopt_definitions(session, row, values.settings)
            row.definitions = [each.model_dump(mode="json") for each in values.settings]
        if update.draft:
            await _add_version(session, row, update.draft)
        row.updated_at = datetime.now(UTC)
        await session.flush()
        if {"display_name", "settings", "isolation"} & set(fields):
            for instance in await instances_of(session, row.id):
                await publish_owner(session, instance)


async def _add(session: AsyncSession, workspace_id: str, values: FunctionInput, draft: VersionDraft) -> FunctionRow:
    now = datetime.now(UTC)
    row = FunctionRow(
        id=new_id("fn"),
        workspace_id=workspace_id,
        name=values.display_name,
        kind=values.kind,
        language=values.language,
        isolation=values.isolation,
        description=values.description,
        definitions=[each.model_dump(mode="json") for each in values.settings],
        latest_version_id="",
        logo_url=values.logo_url,
        created_by=draft.author,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    row.latest_version_id = (await add_version(session, row, draft, number=1)).id
    return row


async def _add_version(session: AsyncSession, row: FunctionRow, draft: VersionDraft) -> None:
    """Make a version, unless it would be the same as the newest."""
    if (await newest(session, row)).code_digest != draft.digest:
        await put_on_top(session, row, draft)
