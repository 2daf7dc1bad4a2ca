"""Versions of functions: code that never changes again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, or_, select

from penstock.registry.v1 import function_pb2
from services.registry.inputs import RequestInput
from services.registry.paging import MAX_PAGE_BYTES
from services.registry.store import outbox, requests
from services.registry.store.messages import version_message
from services.registry.store.shown import shown_function
from services.registry.store.tables import FunctionRow, VersionRow
from services.registry.store.transactions import Transactions, find, not_found, require_etag
from shared.ids import new_id

# Of a number that every database takes.
_MAX_DIGITS = 9


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

    async def get(self, workspace_id: str, function: str, reference: str) -> function_pb2.FunctionVersion:
        """Give a version by its id or number. Raises NotFound."""
        async with self._transactions.read() as session:
            row = await find(session, FunctionRow, workspace_id, function)
            return version_message(await version_of(session, row, reference))

    async def restore(
        self, workspace_id: str, function: str, draft: VersionDraft, *, etag: str, sent: RequestInput
    ) -> function_pb2.RestoreFunctionVersionResponse:
        """Put the code of an old version on top of all others, even of the same code. Raises NotFound, Aborted."""
        kind = function_pb2.RestoreFunctionVersionResponse
        async with self._transactions.change(workspace_id) as session:
            first = await requests.first_answer(session, workspace_id, sent, kind)
            if first:
                return first
            row = await find(session, FunctionRow, workspace_id, function)
            require_etag(etag, (await shown_function(session, row)).etag)
            version = await put_on_top(session, row, draft)
            answer = kind(version=version_message(version), function=await shown_function(session, row))
            await requests.remember(session, workspace_id, sent, answer)
            return answer


async def put_on_top(session: AsyncSession, function: FunctionRow, draft: VersionDraft) -> VersionRow:
    """Make a version the newest of a function."""
    number = (await newest(session, function)).number + 1
    version = await add_version(session, function, draft, number=number)
    function.latest_version_id = version.id
    function.updated_at = datetime.now(UTC)
    await session.flush()
    return version


async def add_version(session: AsyncSession, function: FunctionRow, draft: VersionDraft, *, number: int) -> VersionRow:
    """Make a version, and have its code published."""
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
    return row


async def newest(session: AsyncSession, function: FunctionRow) -> VersionRow:
    """Give the newest version of a function."""
    return await session.get_one(VersionRow, function.latest_version_id)


async def version_of(session: AsyncSession, function: FunctionRow, reference: str) -> VersionRow:
    """Find a version of a function by its id or number. Raises NotFound."""
    if "\0" not in reference:  # PostgreSQL refuses to compare it
        matches = or_(VersionRow.id == reference, VersionRow.number == _number(reference))
        query = select(VersionRow).where(VersionRow.function_id == function.id, matches)
        found = (await session.scalars(query)).first()
        if found:
            return found
    raise not_found("versions", reference)


async def handlers_of(session: AsyncSession, ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Give the handlers of versions."""
    query = sqlalchemy.select(col(VersionRow.id), col(VersionRow.handlers)).where(col(VersionRow.id).in_(ids))
    return {row.id: row.handlers for row in await session.execute(query)}


def _number(reference: str) -> int:
    """Give the number that a reference is; 0, which no version has, when it is none."""
    is_number = reference.isascii() and reference.isdecimal() and len(reference) <= _MAX_DIGITS
    return int(reference) if is_number else 0


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
