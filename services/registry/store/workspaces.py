"""Workspaces and their tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime

from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import workspace_pb2
from services.registry.store.configs import publish_token, publish_workspace
from services.registry.store.messages import workspace_config, workspace_message
from services.registry.store.tables import SourceRow, TokenRow, WorkspaceRow
from services.registry.store.transactions import Transactions, not_found, nothing
from services.registry.validation import refuse
from shared.database import Database
from shared.errors import AlreadyExists, FieldViolation
from shared.ids import new_id

# What the token of a workspace's first owner is called.
FIRST_OWNER = "First owner"


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
        """Change these fields of the limits and rules. Raises NotFound, InvalidArgument for the audit source."""
        async with self._transactions.change(workspace_id) as session:
            if values.audit_source_id:
                await _require_source(session, workspace_id, values.audit_source_id)
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

    async def create(
        self, name: str, *, token_digest: str, roles: Sequence[access_pb2.Role.ValueType], token_name: str = FIRST_OWNER
    ) -> str:
        """Make a workspace that a token opens in these roles, and give its id."""
        async with self._database.write() as session:
            row = await _add(session, name, token_name=token_name, token_digest=token_digest, roles=roles)
        return row.id

    async def add(self, beside: str, name: str, *, token_digest: str) -> workspace_pb2.Workspace:
        """Make a workspace that a token opens as its owner. Raises AlreadyExists for the name.

        The audit trail of the workspace `beside`, the caller's, tells of it.
        """
        async with self._database.exclusive("workspaces"), self._transactions.change(beside) as session:
            taken = (await session.scalars(select(WorkspaceRow.id).where(WorkspaceRow.name == name))).first()
            if taken:
                message = f"There is a workspace with the name {name!r} already."
                raise AlreadyExists(message, reason="NAME_TAKEN", metadata={"id": taken})
            roles = [access_pb2.ROLE_OWNER]
            row = await _add(session, name, token_name=FIRST_OWNER, token_digest=token_digest, roles=roles)
            return workspace_message(row)

    async def page(self, *, after: str, limit: int) -> Sequence[workspace_pb2.Workspace]:
        """Give workspaces without their limits and rules, the oldest first."""
        query = select(WorkspaceRow).where(WorkspaceRow.id > after).order_by(WorkspaceRow.id).limit(limit)
        async with self._database.read() as session:
            found = [workspace_message(row) for row in await session.scalars(query)]
        for each in found:
            each.ClearField("config")
        return found


async def _add(
    session: AsyncSession,
    name: str,
    *,
    token_name: str,
    token_digest: str,
    roles: Sequence[access_pb2.Role.ValueType],
) -> WorkspaceRow:
    now = datetime.now(UTC)
    row = WorkspaceRow(id=new_id("ws"), name=name, created_at=now)
    token = TokenRow(
        id=new_id("tok"),
        workspace_id=row.id,
        name=token_name,
        digest=token_digest,
        roles=list(roles),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    publish_workspace(session, row)
    session.add(token)
    publish_token(session, token)
    return row


async def _require_source(session: AsyncSession, workspace_id: str, source_id: str) -> None:
    source = await session.get(SourceRow, source_id)
    if source is None or source.workspace_id != workspace_id:
        refuse(FieldViolation("config.audit_source_id", "is no source of this workspace; name one by its id, src_…"))
