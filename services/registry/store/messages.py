"""Rows as the messages that people get. The etag is a digest of the message, so that it covers all that is shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import (
    destination_pb2,
    filter_pb2,
    function_pb2,
    insert_function_instance_pb2,
    source_pb2,
    workspace_pb2,
)
from services.registry.inputs import TYPE_PREFIX
from services.registry.settings_schema import SettingDefinition
from services.registry.store.tables import (
    DestinationRow,
    FilterRow,
    FunctionRow,
    InsertRow,
    InstanceRow,
    SourceRow,
    TokenRow,
    VersionRow,
    WorkspaceRow,
)

_ETAG_DIGITS = 32
_WithInstance = source_pb2.Source | destination_pb2.Destination | insert_function_instance_pb2.InsertFunctionInstance


def workspace_message(row: WorkspaceRow) -> workspace_pb2.Workspace:
    """Make the message of a workspace."""
    return workspace_pb2.Workspace(
        workspace_id=row.id, name=row.name, created_at=timestamp(row.created_at), config=workspace_config(row)
    )


def workspace_config(row: WorkspaceRow) -> config_pb2.WorkspaceConfig:
    """Give a workspace's limits and rules."""
    return json_format.ParseDict(row.config, config_pb2.WorkspaceConfig(), ignore_unknown_fields=True)


def function_message(row: FunctionRow, *, handlers: Sequence[str], code: str = "") -> function_pb2.Function:
    """Make the message of a function; lists leave out its code."""
    message = function_pb2.Function(
        function_id=row.id,
        display_name=row.name,
        kind=cast("config_pb2.FunctionKind.ValueType", row.kind),
        description=row.description,
        language=cast("config_pb2.Language.ValueType", row.language),
        settings=[_definition_message(each) for each in definitions_of(row)],
        latest_version_id=row.latest_version_id,
        deployed_version_id=row.deployed_version_id,
        handlers=handlers,
        isolation=cast("config_pb2.Isolation.ValueType", row.isolation),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        logo_url=row.logo_url,
        created_by=row.created_by,
        deployed_at=row.deployed_at and timestamp(row.deployed_at),
    )
    message.etag = _etag(message)
    message.code = code  # after the etag: the newest version's id stands for it there
    return message


def version_message(row: VersionRow) -> function_pb2.FunctionVersion:
    """Make the message of a version, with its code."""
    return function_pb2.FunctionVersion(
        version_id=row.id,
        number=row.number,
        code=row.code,
        code_digest=row.code_digest,
        handlers=row.handlers,
        author=row.author,
        message=row.message,
        created_at=timestamp(row.created_at),
        deployed_at=row.deployed_at and timestamp(row.deployed_at),
    )


def source_message(row: SourceRow, instance: InstanceRow | None, keys: Sequence[TokenRow]) -> source_pb2.Source:
    """Make the message of a source; of its tokens it tells what opens nothing."""
    message = source_pb2.Source(
        source_id=row.id,
        name=row.name,
        enabled=row.enabled,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        backlog_limit=row.backlog_limit,
        write_keys=[
            source_pb2.WriteKey(token_id=key.id, hint=key.hint, created_at=timestamp(key.created_at)) for key in keys
        ],
    )
    _show_instance(message, instance)
    message.etag = _etag(message)
    return message


def destination_message(
    row: DestinationRow, instance: InstanceRow, source_ids: Sequence[str]
) -> destination_pb2.Destination:
    """Make the message of a destination."""
    message = destination_pb2.Destination(
        destination_id=row.id,
        name=row.name,
        enabled=row.enabled,
        source_ids=sorted(source_ids),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        max_per_second=row.max_per_second,
        concurrency=row.concurrency,
        backlog_limit=row.backlog_limit,
    )
    _show_instance(message, instance)
    message.etag = _etag(message)
    return message


def insert_message(row: InsertRow, instance: InstanceRow) -> insert_function_instance_pb2.InsertFunctionInstance:
    """Make the message of an insert function in use."""
    message = insert_function_instance_pb2.InsertFunctionInstance(
        integration_id=row.source_id or row.destination_id or "",
        name=row.name,
        enabled=row.enabled,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
    )
    _show_instance(message, instance)
    message.etag = _etag(message)
    return message


def filter_message(row: FilterRow) -> filter_pb2.Filter:
    """Make the message of a filter."""
    message = filter_pb2.Filter(
        filter_id=row.id,
        destination_id=row.destination_id,
        source_id=row.source_id or "",
        title=row.title,
        description=row.description,
        condition=row.condition,
        actions=filter_actions(row),
        enabled=row.enabled,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
    )
    message.etag = _etag(message)
    return message


def filter_actions(row: FilterRow) -> list[config_pb2.FilterAction]:
    """Give what a filter does."""
    return [json_format.ParseDict(each, config_pb2.FilterAction()) for each in row.actions]


def definitions_of(row: FunctionRow) -> list[SettingDefinition]:
    """Give the settings that instances of a function have."""
    return [SettingDefinition.model_validate(each) for each in row.definitions]


def json_bytes(value: Any) -> bytes:
    """Write JSON as the contracts carry it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def timestamp(moment: datetime) -> Timestamp:
    """Write a moment as the contracts carry it."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def _show_instance(message: _WithInstance, instance: InstanceRow | None) -> None:
    if instance is None:
        return
    message.function_id = instance.function_id
    message.instance_id = instance.id
    message.version_id = instance.version_id
    message.settings = json_bytes(instance.settings)
    message.sensitive_settings.extend(instance.sensitive_settings)


def _definition_message(definition: SettingDefinition) -> function_pb2.SettingDefinition:
    return function_pb2.SettingDefinition(
        name=definition.name,
        label=definition.label,
        description=definition.description,
        type=function_pb2.SettingType.Value(TYPE_PREFIX + definition.type),
        required=definition.required,
        sensitive=definition.sensitive,
        default_value=b"" if definition.default is None else json_bytes(definition.default),
    )


def _etag(message: Message) -> str:
    return hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()[:_ETAG_DIGITS]
