"""FunctionService: checks what is sent, has code checked, and leaves the rest to the stores."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import function_pb2, function_pb2_grpc
from services.registry.code_checker import CodeChecker
from services.registry.inputs import function_input, request_input
from services.registry.paging import decode_number, decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor, author, visible
from services.registry.store.deployments import Deployment, DeploymentStore
from services.registry.store.functions import FunctionStore, FunctionUpdate
from services.registry.store.versions import VersionDraft, VersionStore
from services.registry.validation import mask_paths

_CHANGEABLE = ("display_name", "description", "logo_url", "code", "settings", "isolation")
_FIXED = ("kind", "language")


class FunctionServicer(function_pb2_grpc.FunctionServiceServicer):
    """The functions of the caller's workspace."""

    def __init__(
        self, *, functions: FunctionStore, versions: VersionStore, deployments: DeploymentStore, checker: CodeChecker
    ) -> None:
        self._functions = functions
        self._versions = versions
        self._deployments = deployments
        self._checker = checker

    async def CreateFunction(
        self, request: function_pb2.CreateFunctionRequest, context: Any
    ) -> function_pb2.CreateFunctionResponse:
        """Create a function with its first version."""
        workspace_id, sent = actor().workspace_id, request_input(request)
        values = function_input(request.function, (*_CHANGEABLE, *_FIXED))
        first = await self._functions.answered(workspace_id, sent, function_pb2.CreateFunctionResponse)
        if first:
            return first
        checked = function_pb2.Function(kind=request.function.kind, language=request.function.language)
        draft = await self._draft(checked, values.code, sent.message)
        return await self._functions.create(workspace_id, values, draft, sent=sent)

    async def GetFunction(
        self, request: function_pb2.GetFunctionRequest, context: Any
    ) -> function_pb2.GetFunctionResponse:
        """Give a function with its code."""
        function = await self._functions.get(actor().workspace_id, request.function_id)
        return function_pb2.GetFunctionResponse(function=function)

    async def ListFunctions(
        self, request: function_pb2.ListFunctionsRequest, context: Any
    ) -> function_pb2.ListFunctionsResponse:
        """List functions."""
        query, size = f"functions/{request.kind}", page_size(request.page_size)
        after = decode_token(request.page_token, query=query)
        found = await self._functions.page(
            actor().workspace_id, kind=request.kind, scope=visible(), after=after, limit=size + 1
        )
        page = fitting(found[:size])
        more = encode_token(page[-1].function_id, query=query) if len(page) < len(found) else ""
        return function_pb2.ListFunctionsResponse(functions=page, next_page_token=more)

    async def UpdateFunction(
        self, request: function_pb2.UpdateFunctionRequest, context: Any
    ) -> function_pb2.UpdateFunctionResponse:
        """Change fields of a function."""
        workspace_id, sent = actor().workspace_id, request_input(request)
        fields = mask_paths(request.update_mask, _CHANGEABLE)
        values = function_input(request.function, fields)
        first = await self._functions.answered(workspace_id, sent, function_pb2.UpdateFunctionResponse)
        if first:
            return first
        draft = None
        if "code" in fields:
            current = await self._functions.get(workspace_id, request.function.function_id)
            draft = await self._draft(current, values.code, sent.message)
        update = FunctionUpdate(values=values, fields=fields, draft=draft, etag=request.function.etag, sent=sent)
        return await self._functions.update(workspace_id, request.function.function_id, update)

    async def DeleteFunction(
        self, request: function_pb2.DeleteFunctionRequest, context: Any
    ) -> function_pb2.DeleteFunctionResponse:
        """Remove a function."""
        await self._functions.delete(actor().workspace_id, request.function_id, etag=request.etag)
        return function_pb2.DeleteFunctionResponse()

    async def ListFunctionVersions(
        self, request: function_pb2.ListFunctionVersionsRequest, context: Any
    ) -> function_pb2.ListFunctionVersionsResponse:
        """List versions, the newest first."""
        query, size = f"versions/{request.function_id}", page_size(request.page_size)
        before = decode_number(request.page_token, query=query)
        page = await self._versions.page(actor().workspace_id, request.function_id, before=before, limit=size)
        # Numbers have no gaps, so what is left is known without asking.
        more = encode_token(str(page[-1].number), query=query) if page and page[-1].number > 1 else ""
        return function_pb2.ListFunctionVersionsResponse(versions=page, next_page_token=more)

    async def GetFunctionVersion(
        self, request: function_pb2.GetFunctionVersionRequest, context: Any
    ) -> function_pb2.GetFunctionVersionResponse:
        """Give a version."""
        version = await self._versions.get(actor().workspace_id, request.function_id, request.version_id)
        return function_pb2.GetFunctionVersionResponse(version=version)

    async def RestoreFunctionVersion(
        self, request: function_pb2.RestoreFunctionVersionRequest, context: Any
    ) -> function_pb2.RestoreFunctionVersionResponse:
        """Put an old version on top again; its code is checked, since this release may not take it any more."""
        workspace_id, sent = actor().workspace_id, request_input(request)
        first = await self._functions.answered(workspace_id, sent, function_pb2.RestoreFunctionVersionResponse)
        if first:
            return first
        function = await self._functions.get(workspace_id, request.function_id)
        old = await self._versions.get(workspace_id, function.function_id, request.version_id)
        draft = await self._draft(function, old.code, sent.message or f"Restores version {old.number}")
        return await self._versions.restore(workspace_id, function.function_id, draft, etag=request.etag, sent=sent)

    async def DeployFunction(
        self, request: function_pb2.DeployFunctionRequest, context: Any
    ) -> function_pb2.DeployFunctionResponse:
        """Make a version run."""
        deployment = Deployment(version=request.version_id, targets=request.instance_ids, etag=request.etag)
        return await self._deployments.deploy(
            actor().workspace_id, request.function_id, deployment, sent=request_input(request)
        )

    async def _draft(self, function: function_pb2.Function, code: str, message: str) -> VersionDraft:
        handlers = await self._checker.check(kind=function.kind, language=function.language, code=code)
        return VersionDraft(code=code, handlers=handlers, author=author(), message=message)
