"""What CONFIG must say of rows. Each value depends on the rows alone, so that publishing twice changes nothing."""

from __future__ import annotations

from typing import cast

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.config.v1 import config_pb2
from services.registry.settings_schema import effective
from services.registry.store import outbox
from services.registry.store.messages import definitions_of, json_bytes, workspace_config
from services.registry.store.tables import (
    ConnectionRow,
    DestinationRow,
    FunctionRow,
    InstanceRow,
    SourceRow,
    TokenRow,
    VersionRow,
    WorkspaceRow,
)


def publish_workspace(session: AsyncSession, row: WorkspaceRow) -> None:
    """Have a workspace's limits and rules published as they are now."""
    config = workspace_config(row)
    config.workspace_id = row.id
    outbox.put(session, outbox.Action.WORKSPACE, row.id, config)


async def publish_source(session: AsyncSession, row: SourceRow) -> None:
    """Have a source and its instance published as they are now."""
    query = select(ConnectionRow.destination_id).where(ConnectionRow.source_id == row.id)
    destination_ids = sorted(await session.scalars(query))
    config = config_pb2.SourceConfig(
        source_id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        enabled=row.enabled,
        destination_ids=destination_ids,
        backlog_limit=row.backlog_limit,
    )
    if row.instance_id:
        config.function.CopyFrom(await _publish_instance(session, row.instance_id))
    outbox.put(session, outbox.Action.SOURCE, row.id, config)


async def publish_destination(session: AsyncSession, row: DestinationRow) -> None:
    """Have a destination and its instance published as they are now."""
    config = config_pb2.DestinationConfig(
        destination_id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        enabled=row.enabled,
        backlog_limit=row.backlog_limit,
        concurrency=row.concurrency,
        max_per_second=row.max_per_second,
    )
    config.function.CopyFrom(await _publish_instance(session, row.instance_id))
    outbox.put(session, outbox.Action.DESTINATION, row.id, config)


async def publish_owner(session: AsyncSession, instance: InstanceRow) -> None:
    """Have the source or destination of an instance published, and with it the instance."""
    source = (await session.scalars(select(SourceRow).where(SourceRow.instance_id == instance.id))).first()
    if source:
        return await publish_source(session, source)
    query = select(DestinationRow).where(DestinationRow.instance_id == instance.id)
    return await publish_destination(session, (await session.scalars(query)).one())


def publish_token(session: AsyncSession, row: TokenRow) -> None:
    """Have a token published under its digest."""
    config = config_pb2.TokenConfig(token_id=row.id, workspace_id=row.workspace_id)
    if row.source_id:
        config.source_id = row.source_id
    else:
        config.roles.roles.extend(row.roles)  # pyright: ignore[reportArgumentType] numbers of Role
    outbox.put(session, outbox.Action.TOKEN, row.digest, config)


async def _publish_instance(session: AsyncSession, instance_id: str) -> config_pb2.InstanceConfig:
    instance = await session.get_one(InstanceRow, instance_id)
    config = await _instance_config(session, instance)
    outbox.put(session, outbox.Action.INSTANCE, instance_id, config)
    return config


async def _instance_config(session: AsyncSession, instance: InstanceRow) -> config_pb2.InstanceConfig:
    function = await session.get_one(FunctionRow, instance.function_id)
    version = sqlalchemy.select(col(VersionRow.code_digest), col(VersionRow.handlers)).where(
        col(VersionRow.id) == instance.version_id
    )
    code_digest, handlers = (await session.execute(version)).one()
    definitions = definitions_of(function)
    defined = {definition.name for definition in definitions}
    return config_pb2.InstanceConfig(
        instance_id=instance.id,
        workspace_id=instance.workspace_id,
        function_id=function.id,
        function_name=function.name,
        kind=cast("config_pb2.FunctionKind.ValueType", function.kind),
        version_id=instance.version_id,
        language=cast("config_pb2.Language.ValueType", function.language),
        code_digest=code_digest,
        handlers=handlers,
        settings=json_bytes(effective(definitions, instance.settings)),
        sensitive_settings=[name for name in instance.sensitive_settings if name in defined],
        settings_revision=instance.settings_revision,
        isolation=cast("config_pb2.Isolation.ValueType", function.isolation),
    )
