"""Workspaces and their tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime

from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask
from sqlmodel import select

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import workspace_pb2
from services.registry.store.configs import publish_token, publish_workspace
from services.registry.store.messages import workspace_config, workspace_message
from services.registry.store.tables import TokenRow, WorkspaceRow
from services.registry.store.transactions import Transactions, not_found, nothing
from shared.database import Database
from shared.ids import new_id


class WorkspaceStore:
    """All workspaces."""

    def __init__(self, database: Database, *, on_commit: Callable[[], Awaitable[None]] = nothing) -> None:
        """`on_commit` is waited for after each update."""
        self._database = database
        self._transactions = Transactions(database, on_commit=on_commit)

    async def get(self, workspace_id: str) -> workspace_pb2.Workspace:
        """Give a workspace. Raises NotFound."""
        async with self._database.read() as session:
            row = await session.get(WorkspaceRow, workspace_id) if "\0" not in workspace_id else None
        if row is None:
            raise not_found("workspaces", workspace_id)
        return workspace_message(row)

    async def update(
        self, workspace_id: str, values: config_pb2.WorkspaceConfig, fields: Collection[str]
    ) -> workspace_pb2.Workspace:
        """Change these fields of the limits and rules. Raises NotFound."""
        async with self._transactions.change(workspace_id) as session:
            row = await session.get_one(WorkspaceRow, workspace_id)
            config = workspace_config(row)
            FieldMask(paths=fields).MergeMessage(
                values, config, replace_message_field=True, replace_repeated_field=True
            )
            row.config = json_format.MessageToDict(config, preserving_proto_field_name=True)
            publish_workspace(session, row)
            return workspace_message(row)

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
            publish_workspace(session, workspace)
            session.add(token)
            publish_token(session, token)
        return workspace.id
