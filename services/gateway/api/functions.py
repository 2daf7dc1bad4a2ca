"""Functions: created, read, changed, deployed and removed."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2, source_pb2
from services.gateway.api.call import Call
from services.gateway.api.errors import ApiError, bad_request
from services.gateway.api.function_models import (
    CreateFunctionInput,
    Deployment,
    DeploymentAnswer,
    FunctionAnswer,
    FunctionPath,
    FunctionsAnswer,
    ListFunctionsInput,
    UpdateFunctionInput,
    definition,
    kind_of,
    own_name,
    shown_function,
    shown_item,
)
from services.gateway.api.ids import function_id, source_of_instance
from services.gateway.api.models import SUCCESS, Done, Pagination
from services.gateway.api.operation import Group
from shared.errors import NotFound

FUNCTIONS = Group("Functions")
_NO_INSTANCE = "Please provide a valid Source function instance ID (`sfn_…`) or function ID."
_CHANGED_AS_SENT = ("code", "description", "logo_url")


@FUNCTIONS.on("POST", "/functions", errors=(409,))
async def create_function(call: Call, sent: CreateFunctionInput) -> FunctionAnswer:
    """Create a function with its first version. The code must compile, and its top level must run."""
    kind = kind_of(sent.resource_type) or config_pb2.FUNCTION_KIND_UNSPECIFIED
    function = function_pb2.Function(
        display_name=own_name(sent.display_name, kind, await call.workspace_name()),
        kind=kind,
        description=sent.description,
        logo_url=sent.logo_url,
        code=sent.code,
        settings=[definition(setting, None) for setting in sent.settings],
    )
    request = function_pb2.CreateFunctionRequest(function=function, request_id=call.request_id)
    return await _answer(call, (await call.ask(call.services.functions.CreateFunction, request)).function)


@FUNCTIONS.on("GET", "/functions")
async def list_functions(call: Call, sent: ListFunctionsInput) -> FunctionsAnswer:
    """List the functions of a type in the order of their creation, without their code."""
    page, kind = sent.pagination, kind_of(sent.resource_type)
    if kind is None:
        return FunctionsAnswer(functions=[], pagination=Pagination.after(page, ""))
    request = function_pb2.ListFunctionsRequest(page_size=page.count, page_token=page.token, kind=kind)
    found = await call.ask(call.services.functions.ListFunctions, request)
    workspace = await call.workspace_name()
    return FunctionsAnswer(
        functions=[shown_item(function, workspace) for function in found.functions],
        pagination=Pagination.after(page, found.next_page_token),
    )


@FUNCTIONS.on("GET", "/functions/{functionId}")
async def get_function(call: Call, sent: FunctionPath) -> FunctionAnswer:
    """Give a function with its code."""
    return await _answer(call, await find_function(call, sent.function_id))


@FUNCTIONS.on("PATCH", "/functions/{functionId}", errors=(409,))
async def update_function(call: Call, sent: UpdateFunctionInput) -> FunctionAnswer:
    """Change a function. New code makes a new version, which runs nowhere until it is deployed."""
    fields = sent.model_fields_set - {"function_id"}
    changed = function_pb2.Function(function_id=function_id(sent.function_id))
    current = await find_function(call, sent.function_id)
    if not fields:
        return await _answer(call, current)
    for field in fields.intersection(_CHANGED_AS_SENT):
        setattr(changed, field, getattr(sent, field))
    if "display_name" in fields:
        changed.display_name = own_name(sent.display_name, current.kind, await call.workspace_name())
    known = {setting.name: setting for setting in current.settings}
    changed.settings.extend(definition(setting, known.get(setting.name)) for setting in sent.settings)
    request = function_pb2.UpdateFunctionRequest(
        function=changed, update_mask=FieldMask(paths=sorted(fields)), request_id=call.request_id
    )
    return await _answer(call, (await call.ask(call.services.functions.UpdateFunction, request)).function)


@FUNCTIONS.on("DELETE", "/functions/{functionId}", errors=(409,))
async def delete_function(call: Call, sent: FunctionPath) -> Done:
    """Remove a function that nothing uses, with its versions."""
    request = function_pb2.DeleteFunctionRequest(function_id=function_id(sent.function_id))
    await call.ask(call.services.functions.DeleteFunction, request)
    return SUCCESS


@FUNCTIONS.on("POST", "/functions/{functionId}/deploy", errors=(409,))
async def create_function_deployment(call: Call, sent: FunctionPath) -> DeploymentAnswer:
    """Make the newest version the running one. `sfn_…` names one source's instance, a function's id all instances."""
    source_id = source_of_instance(sent.function_id)
    request = function_pb2.DeployFunctionRequest(request_id=call.request_id)
    if source_id:
        request.function_id = await _function_of(call, source_id)
        request.instance_ids.append(source_id)
    else:
        request.function_id = _deployable(sent.function_id)
    await call.ask(call.services.functions.DeployFunction, request)
    return DeploymentAnswer(function_deployment=Deployment(status="SUCCESS"))


async def find_function(call: Call, sent_id: str) -> function_pb2.Function:
    """Give a function by an id of any form. Raises ApiError and NotFound."""
    request = function_pb2.GetFunctionRequest(function_id=function_id(sent_id))
    return (await call.ask(call.services.functions.GetFunction, request)).function


async def _answer(call: Call, function: function_pb2.Function) -> FunctionAnswer:
    shown = shown_function(function, call.actor.workspace_id, await call.workspace_name())
    return FunctionAnswer(function=shown)


def _deployable(sent_id: str) -> str:
    try:
        return function_id(sent_id)
    except ApiError:
        raise bad_request(_NO_INSTANCE) from None


async def _function_of(call: Call, source_id: str) -> str:
    request = source_pb2.GetSourceRequest(source_id=source_id)
    try:
        source = (await call.ask(call.services.sources.GetSource, request)).source
    except NotFound:
        raise bad_request(_NO_INSTANCE) from None
    if not source.function_id:
        raise bad_request(_NO_INSTANCE)
    return source.function_id
