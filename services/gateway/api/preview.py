"""Test runs of functions."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.config.v1 import config_pb2
from penstock.executor.v1 import preview_service_pb2
from penstock.registry.v1 import function_pb2
from services.gateway.api.call import Call
from services.gateway.api.errors import invalid
from services.gateway.api.ids import function_id
from services.gateway.api.instances import settings_bytes
from services.gateway.api.operation import Group
from services.gateway.api.preview_answers import config_answer, preview_of
from services.gateway.api.preview_inputs import put_config_payload, put_input, responses_bytes
from services.gateway.api.preview_models import PreviewAnswer, PreviewInput, ResourceType

PREVIEWS = Group("Functions")
_KIND = "FUNCTION_KIND_"
# A run takes seconds of a core.
_COST = 10


@dataclass(frozen=True, slots=True)
class _Tried:
    """Code to try."""

    code: str
    kind: ResourceType
    sensitive: list[str]


@PREVIEWS.on("POST", "/functions/preview", since="v1alpha", errors=(404, 409), cost=_COST)
async def preview_function(call: Call, sent: PreviewInput) -> PreviewAnswer:
    """Run code once with an event, an array of events for `onBatch`, or a webhook.

    It runs in a fresh sandbox with an empty cache, under the limits of the workspace. Nothing is stored, no message is
    sent on, and stored values of settings are never used.
    """
    tried = await _tried(call, sent)
    request = preview_service_pb2.PreviewFunctionRequest(
        function_id=function_id(sent.function_id) if sent.function_id else "",
        kind=config_pb2.FunctionKind.Value(_KIND + tried.kind),
        code=tried.code,
        settings=settings_bytes(sent.setting_values),
        sensitive_settings=tried.sensitive,
        responses=responses_bytes(sent),
    )
    if sent.function is None:
        put_input(request, sent, tried.kind)
        return PreviewAnswer(preview=preview_of(await call.preview(request)))
    put_config_payload(request, sent, tried.kind)
    return config_answer(await call.preview(request), tried.kind)


async def _tried(call: Call, sent: PreviewInput) -> _Tried:
    if sent.function is not None:
        kind = sent.function.resource_type or sent.type
        return _complete(sent.function.code, kind, [each.name for each in sent.function.settings if each.sensitive])
    sensitive = [each.name for each in sent.settings if each.sensitive]
    if not sent.function_id:
        return _complete(sent.code, sent.resource_type, sensitive)
    request = function_pb2.GetFunctionRequest(function_id=function_id(sent.function_id))
    known = (await call.ask(call.services.functions.GetFunction, request)).function
    own = [each.name for each in known.settings if each.sensitive]
    kind = sent.resource_type or config_pb2.FunctionKind.Name(known.kind).removeprefix(_KIND)
    return _complete(known.code if sent.code is None else sent.code, kind, [*own, *sensitive])


def _complete(code: str | None, kind: str | None, sensitive: list[str]) -> _Tried:
    match kind:
        case "SOURCE" | "DESTINATION" | "INSERT_DESTINATION" | "INSERT_SOURCE" if code is not None:
            return _Tried(code, kind, sensitive)
        case _:
            raise invalid("resourceType" if code is not None else "code", "is required")
