"""Versions of functions, and which of them runs where."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.registry.v1 import function_pb2
from services.registry.paging import MAX_PAGE_BYTES
from services.registry.store import outbox
from services.registry.store.configs import publish_owner
from services.registry.store.instances import instances_of
from services.registry.store.messages import version_message
from services.registry.store.tables import FunctionRow, InstanceRow, VersionRow
from services.registry.store.transactions import Transactions, find, not_found
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class VersionDraft:
    """Checked code that is to become a version."""

    code: str
    handlers: Sequence[str]
    author: str
    message: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.code.encode()).hexdigest())


class VersionStore:
    """The versions of all workspaces' functions; every method works in one workspace."""

    def __init__(self, *, transactions: Transactions) -> None:
        self._transactions = transactions

    async def page(
        self, workspace_id: str, function: str, *, before: int, limit: int
    ) -> Sequence[function_pb2.FunctionVersion]:
        """Give versions with numbers below `before` (0 for all), the newest first, as many as a message holds.

        Raises NotFound for the function.
        """
        async with self._transactions.read() as session:
            row = await find(session, FunctionRow, workspace_id, function)
            ids = await _fitting(session, row.id, before, limit)
            query = select(VersionRow).where(col(VersionRow.id).in_(ids)).order_by(col(VersionRow.number).desc())
            return [version_message(each) for each in await session.scalars(query)]

    async def deploy(
        self, workspace_id: str, function: str, *, version_id: str, instance_ids: Collection[str]
    ) -> function_pb2.DeployFunctionResponse:
        """Make a version run in these instances, or in all, at once. Raises NotFound, and then changes nothing."""
        async with self._transactions.change(workspace_id) as session:
            row = await find(session, FunctionRow, workspace_id, function)
            version_id = await _version_of(session, row, version_id or row.latest_version_id)
            chosen = _choose(await instances_of(session, row.id), instance_ids)
            row.deployed_version_id = version_id
            row.updated_at = datetime.now(UTC)
            for instance in chosen:
                instance.version_id = version_id
            await session.flush()
            for instance in chosen:
                await publish_owner(session, instance)
            return function_pb2.DeployFunctionResponse(version_id=version_id, instance_ids=[each.id for each in chosen])


async def add_version(session: AsyncSession, function: FunctionRow, draft: VersionDraft, *, number: int) -> str:
    """Make a version, have its code published, and give its id."""
    code = draft.code.encode()
    row = VersionRow(
        id=new_id("ver"),
        workspace_id=function.workspace_id,
        function_id=function.id,
        number=number,
        code=draft.code,
        code_bytes=len(code),
        code_digest=draft.digest,
        handlers=list(draft.handlers),
        author=draft.author,
        message=draft.message,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    outbox.put_code(session, draft.digest, code)
    await session.flush()
    return row.id


async def newest(session: AsyncSession, function: FunctionRow) -> VersionRow:
    """Give the newest version of a function."""
    return await session.get_one(VersionRow, function.latest_version_id)


async def handlers_of(session: AsyncSession, ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Give the handlers of versions."""
    query = sqlalchemy.select(col(VersionRow.id), col(VersionRow.handlers)).where(col(VersionRow.id).in_(ids))
    return {row.id: row.handlers for row in await session.execute(query)}


async def _fitting(session: AsyncSession, function_id: str, before: int, limit: int) -> list[str]:
    """Choose by their sizes first: a thousand versions of a megabyte are neither loaded nor sent."""
    query = sqlalchemy.select(col(VersionRow.id), col(VersionRow.code_bytes)).where(
        col(VersionRow.function_id) == function_id
    )
    if before:
        query = query.where(col(VersionRow.number) < before)
    sizes = await session.execute(query.order_by(col(VersionRow.number).desc()).limit(limit))
    chosen: list[str] = []
    room = MAX_PAGE_BYTES
    for version_id, code_bytes in sizes:
        room -= code_bytes
        if room < 0:
            break
        chosen.append(version_id)
    return chosen


async def _version_of(session: AsyncSession, function: FunctionRow, version_id: str) -> str:
    if "\0" not in version_id:
        query = select(VersionRow.id).where(VersionRow.id == version_id, VersionRow.function_id == function.id)
        if (await session.scalars(query)).first():
            return version_id
    raise not_found("versions", version_id)


def _choose(instances: Sequence[InstanceRow], ids: Collection[str]) -> Sequence[InstanceRow]:
    if not ids:
        return instances
    known = {instance.id: instance for instance in instances}
    for each in ids:
        if each not in known:
            raise not_found("instances", each)
    return [known[each] for each in dict.fromkeys(ids)]
