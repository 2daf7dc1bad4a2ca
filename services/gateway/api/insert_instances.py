"""Insert functions in use: each is an instance of its function, before one source's routing or one destination."""

from __future__ import annotations

import json
from typing import Annotated, Any

from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import Field, JsonValue

from penstock.registry.v1 import insert_function_instance_pb2 as inserts_pb2
from services.gateway.api.call import Call
from services.gateway.api.errors import ApiError, bad_request
from services.gateway.api.ids import FunctionId, catalog_id, function_id
from services.gateway.api.models import SUCCESS, Done, Input, Output, PagedInput, Pagination, time_text
from services.gateway.api.operation import Group
from shared.errors import InvalidArgument, NotFound

INSERTS = Group("Functions")
# Stands where a sensitive setting has a value. Sent back, it leaves the value as it is.
MARK = "********"

Settings = Annotated[dict[str, JsonValue], Field(description="Values of the function's settings, by their names.")]


class CreateInsertInstanceInput(Input):
    """An insert function to put to use."""

    function_id: FunctionId
    integration_id: Annotated[str, Field(description="Source `src_…` or destination `dst_…`.", min_length=1)]
    name: str
    settings: Settings
    enabled: bool = True


class ListInsertInstancesInput(PagedInput):
    """Whose instances to list."""

    function_id: FunctionId


class InsertInstancePath(Input):
    """An insert function in use."""

    instance_id: Annotated[str, Field(description="`ins_…`.", min_length=1)]


class UpdateInsertInstanceInput(InsertInstancePath):
    """What to change. Settings that are not named keep their values, null clears one."""

    settings: Settings
    name: str = ""
    enabled: bool = True


class InsertFunctionInstance(Output):
    """An insert function in use."""

    id: str
    name: str
    integration_id: str
    class_id: Annotated[str, Field(description="Catalog id of the function.")]
    enabled: bool
    created_at: str
    updated_at: str
    settings: Settings
    encrypted_settings: Annotated[dict[str, str], Field(description=f"Sensitive ones that have a value: `{MARK}`.")]


class InsertInstanceAnswer(Output):
    """One insert function in use."""

    insert_function_instance: InsertFunctionInstance


class InsertInstancesAnswer(Output):
    """A page of insert functions in use."""

    instances: list[InsertFunctionInstance]
    pagination: Pagination


@INSERTS.on("POST", "/insert-function-instances", since="v1alpha", errors=(404, 409))
async def create_insert_function_instance(call: Call, sent: CreateInsertInstanceInput) -> InsertInstanceAnswer:
    """Put an insert function before a source's routing or a destination; each takes one."""
    instance = inserts_pb2.InsertFunctionInstance(
        function_id=_insert_function(sent.function_id),
        integration_id=sent.integration_id,
        name=sent.name,
        enabled=sent.enabled,
        settings=_bytes(sent.settings),
    )
    request = inserts_pb2.CreateInsertFunctionInstanceRequest(
        insert_function_instance=instance, request_id=call.request_id
    )
    try:
        made = await call.ask(call.services.inserts.CreateInsertFunctionInstance, request)
    except (NotFound, InvalidArgument) as error:
        if _is_about_function(error):
            raise _no_insert_function(sent.function_id) from None
        raise
    return InsertInstanceAnswer(insert_function_instance=_shown(made.insert_function_instance))


@INSERTS.on("GET", "/insert-function-instances", since="v1alpha", errors=(404,))
async def list_insert_function_instances(call: Call, sent: ListInsertInstancesInput) -> InsertInstancesAnswer:
    """List where an insert function is used."""
    page = sent.pagination
    request = inserts_pb2.ListInsertFunctionInstancesRequest(
        function_id=function_id(sent.function_id), page_size=page.count, page_token=page.token
    )
    found = await call.ask(call.services.inserts.ListInsertFunctionInstances, request)
    return InsertInstancesAnswer(
        instances=[_shown(instance) for instance in found.insert_function_instances],
        pagination=Pagination.after(page, found.next_page_token),
    )


@INSERTS.on("GET", "/insert-function-instances/{instanceId}", since="v1alpha")
async def get_insert_function_instance(call: Call, sent: InsertInstancePath) -> InsertInstanceAnswer:
    """Give an insert function in use."""
    return InsertInstanceAnswer(insert_function_instance=_shown(await _find(call, sent.instance_id)))


@INSERTS.on("PATCH", "/insert-function-instances/{instanceId}", since="v1alpha", errors=(409,))
async def update_insert_function_instance(call: Call, sent: UpdateInsertInstanceInput) -> InsertInstanceAnswer:
    """Change an insert function in use, or switch it on and off."""
    instance = inserts_pb2.InsertFunctionInstance(
        instance_id=sent.instance_id,
        name=sent.name,
        enabled=sent.enabled,
        settings=_bytes(await _without_marks(call, sent)),
    )
    fields = sorted(sent.model_fields_set - {"instance_id"})
    request = inserts_pb2.UpdateInsertFunctionInstanceRequest(
        insert_function_instance=instance, update_mask=FieldMask(paths=fields), request_id=call.request_id
    )
    changed = await call.ask(call.services.inserts.UpdateInsertFunctionInstance, request)
    return InsertInstanceAnswer(insert_function_instance=_shown(changed.insert_function_instance))


@INSERTS.on("DELETE", "/insert-function-instances/{instanceId}", since="v1alpha", errors=(409,))
async def delete_insert_function_instance(call: Call, sent: InsertInstancePath) -> Done:
    """Take an insert function away; messages go on without it."""
    request = inserts_pb2.DeleteInsertFunctionInstanceRequest(instance_id=sent.instance_id)
    await call.ask(call.services.inserts.DeleteInsertFunctionInstance, request)
    return SUCCESS


async def _find(call: Call, instance_id: str) -> inserts_pb2.InsertFunctionInstance:
    request = inserts_pb2.GetInsertFunctionInstanceRequest(instance_id=instance_id)
    return (await call.ask(call.services.inserts.GetInsertFunctionInstance, request)).insert_function_instance


async def _without_marks(call: Call, sent: UpdateInsertInstanceInput) -> dict[str, Any]:
    """Leave out marks that stand for values, so that what was read can be sent back."""
    if MARK not in sent.settings.values():
        return sent.settings
    kept = (await _find(call, sent.instance_id)).sensitive_settings
    return {name: value for name, value in sent.settings.items() if value != MARK or name not in kept}


def _insert_function(sent_id: str) -> str:
    try:
        return function_id(sent_id)
    except ApiError:
        raise _no_insert_function(sent_id) from None


def _is_about_function(error: NotFound | InvalidArgument) -> bool:
    return "function" in error.metadata or any(each.field.endswith(".function_id") for each in error.violations)


def _no_insert_function(sent_id: str) -> ApiError:
    return bad_request(f"Insert function {sent_id[:120]} not found.", field="functionId")


def _bytes(settings: dict[str, Any]) -> bytes:
    return json.dumps(settings, ensure_ascii=False).encode()


def _shown(instance: inserts_pb2.InsertFunctionInstance) -> InsertFunctionInstance:
    return InsertFunctionInstance(
        id=instance.instance_id,
        name=instance.name,
        integration_id=instance.integration_id,
        class_id=catalog_id(instance.function_id),
        enabled=instance.enabled,
        created_at=time_text(instance.created_at),
        updated_at=time_text(instance.updated_at),
        settings=json.loads(instance.settings or b"{}"),
        encrypted_settings=dict.fromkeys(instance.sensitive_settings, MARK),
    )
