"""What CONFIG must say of rows. Each value depends on the rows alone, so that publishing twice changes nothing."""

from __future__ import annotations

from typing import cast

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from penstock.config.v1 import config_pb2
from services.registry.settings_schema import effective
from services.registry.store import outbox
from services.registry.store.grants import for_all, for_listed, grant_messages, grants_of
from services.registry.store.messages import definitions_of, filter_actions, json_bytes, workspace_config
from services.registry.store.tables import (
    ConnectionRow,
    DestinationRow,
    FilterRow,
    FunctionRow,
    InsertRow,
    InstanceRow,
    MemberRow,
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
    insert = await _publish_insert(session, row)
    if insert:
        config.insert_function.CopyFrom(insert)
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
    insert = await _publish_insert(session, row)
    if insert:
        config.insert_function.CopyFrom(insert)
    config.filters.extend(await _filters(session, row.id))
    outbox.put(session, outbox.Action.DESTINATION, row.id, config)


async def publish_owner(session: AsyncSession, instance: InstanceRow) -> None:
    """Have the source or destination of an instance published, and with it the instance."""
    insert = await session.get(InsertRow, instance.id)
    if insert:
        return await publish_owner_of_insert(session, insert)
    source = (await session.scalars(select(SourceRow).where(SourceRow.instance_id == instance.id))).first()
    if source:
        return await publish_source(session, source)
    query = select(DestinationRow).where(DestinationRow.instance_id == instance.id)
    return await publish_destination(session, (await session.scalars(query)).one())


async def publish_owner_of_insert(session: AsyncSession, row: InsertRow) -> None:
    """Have the source or destination published that an insert function is for."""
    if row.source_id:
        await publish_source(session, await session.get_one(SourceRow, row.source_id))
    else:
        await publish_destination(session, await session.get_one(DestinationRow, row.destination_id))


async def insert_of(session: AsyncSession, owner: SourceRow | DestinationRow) -> InsertRow | None:
    """Give the insert function that a source or destination has."""
    column = InsertRow.source_id if isinstance(owner, SourceRow) else InsertRow.destination_id
    return (await session.scalars(select(InsertRow).where(column == owner.id))).first()


def publish_token(session: AsyncSession, row: TokenRow, *, member: MemberRow | None = None) -> None:
    """Have a token published under its digest; one that belongs to a member with the member's roles."""
    config = config_pb2.TokenConfig(token_id=row.id, workspace_id=row.workspace_id, member_id=row.member_id or "")
    if row.expires_at:
        config.expires_at.FromDatetime(row.expires_at)
    if row.source_id:
        config.source_id = row.source_id
    else:
        grants = grants_of(row, member)
        config.roles.roles.extend(for_all(grants))  # pyright: ignore[reportArgumentType] numbers of Role
        config.roles.grants.extend(grant_messages(for_listed(grants)))
    outbox.put(session, outbox.Action.TOKEN, row.digest, config)


async def _publish_insert(session: AsyncSession, owner: SourceRow | DestinationRow) -> config_pb2.InstanceConfig | None:
    """Have the instance of an insert function published; give it when messages go through it."""
    row = await insert_of(session, owner)
    if row is None:
        return None
    config = await _publish_instance(session, row.instance_id)
    return config if row.enabled else None


async def _filters(session: AsyncSession, destination_id: str) -> list[config_pb2.FilterConfig]:
    query = select(FilterRow).where(FilterRow.destination_id == destination_id, col(FilterRow.enabled))
    return [
        config_pb2.FilterConfig(
            filter_id=row.id, source_id=row.source_id or "", condition=row.condition, actions=filter_actions(row)
        )
        for row in await session.scalars(query.order_by(FilterRow.id))
    ]


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
