"""Workspaces and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel import select

from penstock.access.v1 import access_pb2
from penstock.registry.v1 import workspace_pb2
from services.registry.store.configs import publish_token
from services.registry.store.messages import timestamp
from services.registry.store.tables import TokenRow, WorkspaceRow
from services.registry.store.transactions import not_found
from shared.database import Database
from shared.ids import new_id


class WorkspaceStore:
    """All workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace_id: str) -> workspace_pb2.Workspace:
        """Give a workspace. Raises NotFound."""
        async with self._database.read() as session:
            row = await session.get(WorkspaceRow, workspace_id) if "\0" not in workspace_id else None
        if row is None:
            raise not_found("workspaces", workspace_id)
        return workspace_pb2.Workspace(workspace_id=row.id, name=row.name, created_at=timestamp(row.created_at))

    async def exist(self) -> bool:
        """Tell whether there is any workspace."""
        async with self._database.read() as session:
            return (await session.scalars(select(WorkspaceRow.id).limit(1))).first() is not None

    async def create(self, name: str, *, token_digest: str, roles: Sequence[access_pb2.Role.ValueType]) -> str:
        """Make a workspace that a token opens in these roles, and give its id."""
        now = datetime.now(UTC)
        workspace = WorkspaceRow(id=new_id("ws"), name=name, created_at=now)
        token = TokenRow(
            id=new_id("tok"), workspace_id=workspace.id, digest=token_digest, roles=list(roles), created_at=now
        )
        async with self._database.write() as session:
            session.add(workspace)
            await session.flush()
            session.add(token)
            publish_token(session, token)
        return workspace.id
