"""Transactions of one workspace, and how its rows are found."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.registry.store.audit_watch import watched
from services.registry.store.tables import DestinationRow, FunctionRow, SourceRow, WorkspaceRow
from shared.database import Database
from shared.errors import Aborted, AlreadyExists, NotFound
from shared.rpc.access import caller

Named = TypeVar("Named", bound=FunctionRow | SourceRow | DestinationRow)


async def nothing() -> None:
    """Do nothing after a commit."""


class Transactions:
    """Opens transactions; waits for `on_commit` after each that changed something."""

    def __init__(self, database: Database, *, on_commit: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._on_commit = on_commit

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that sees one snapshot."""
        return self._database.read()

    @asynccontextmanager
    async def change(self, workspace_id: str, *, reason: str = "") -> AsyncGenerator[AsyncSession]:
        """Open a session that may change a workspace, alone among all replicas. Raises NotFound for no workspace.

        What it changes goes into the audit trail, with `reason`, in the caller's name.

        Being alone makes counting and looking for names safe, and puts the outbox into the order of the commits: all
        changes of a key of CONFIG are one workspace's.
        """
        async with self._database.write() as session:
            await lock_workspace(session, workspace_id)
            async with watched(session, workspace_id, caller(), reason):
                yield session
        await self._on_commit()


async def lock_workspace(session: AsyncSession, workspace_id: str) -> None:
    """Wait for all other changes of the workspace. Raises NotFound when there is none."""
    query = select(WorkspaceRow).where(WorkspaceRow.id == workspace_id).with_for_update()
    if not (await session.scalars(query)).first():
        raise NotFound("The workspace does not exist.", metadata={"workspace_id": workspace_id})


async def find(session: AsyncSession, table: type[Named], workspace_id: str, reference: str) -> Named:
    """Find a row of a workspace by its id or name. Raises NotFound."""
    found = await _lookup(session, table, workspace_id, reference)
    if found is None:
        raise not_found(table.__tablename__, reference)
    return found


async def is_there(session: AsyncSession, table: type[Named], workspace_id: str, reference: str) -> bool:
    """Tell whether `find` would find a row."""
    return await _lookup(session, table, workspace_id, reference) is not None


def in_scope(column: Any, scope: frozenset[str] | None) -> ColumnElement[bool]:
    """Make the condition that a column's id is of a caller's scope; None is everything."""
    return true() if scope is None else col(column).in_(scope)


async def require_free_name(session: AsyncSession, table: type[Named], workspace_id: str, name: str) -> None:
    """Raise AlreadyExists when the workspace has a row of this name."""
    query = select(table.id).where(table.workspace_id == workspace_id, table.name == name)
    taken = (await session.scalars(query)).first()
    if taken:
        kind = table.__tablename__.removesuffix("s")
        raise AlreadyExists(
            f"The workspace has a {kind} with the name {name!r} already.", reason="NAME_TAKEN", metadata={"id": taken}
        )


def require_etag(sent: str, current: str) -> None:
    """Raise Aborted when the caller has seen another state; no etag means any."""
    if sent and sent != current:
        raise Aborted("It changed since you read it.", reason="ETAG_MISMATCH", metadata={"etag": current})


def not_found(table: str, reference: str) -> NotFound:
    """Make the error for something that a workspace does not have, whether or not another one does."""
    kind = table.removesuffix("s")
    return NotFound(f"There is no {kind} {reference[:120]!r}.", metadata={kind: reference[:120]})


async def _lookup(session: AsyncSession, table: type[Named], workspace_id: str, reference: str) -> Named | None:
    if "\0" in reference:  # PostgreSQL refuses to compare it
        return None
    matches = or_(col(table.id) == reference, col(table.name) == reference)
    return (await session.scalars(select(table).where(table.workspace_id == workspace_id, matches))).first()
