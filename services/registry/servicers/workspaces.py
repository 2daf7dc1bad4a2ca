"""WorkspaceService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc
from services.registry.access_inputs import WorkspaceInput
from services.registry.paging import decode_token, encode_token, fitting, page_size
from services.registry.servicers.scope import actor
from services.registry.store.workspaces import WorkspaceStore
from services.registry.tokens import new_token
from services.registry.validation import mask_paths, validated
from services.registry.workspace_inputs import workspace_input
from shared.rpc.identity import digest

_CHANGEABLE = (
    "limits",
    "concurrency",
    "monthly_compute",
    "egress_allow",
    "egress_deny",
    "monthly_execution",
    "lock_out",
    "audit_source_id",
)
_QUERY = "workspaces"


class WorkspaceServicer(workspace_pb2_grpc.WorkspaceServiceServicer):
    """The caller's workspace; to operators, all of the installation."""

    def __init__(self, workspaces: WorkspaceStore) -> None:
        self._workspaces = workspaces

    async def GetWorkspace(
        self, request: workspace_pb2.GetWorkspaceRequest, context: Any
    ) -> workspace_pb2.GetWorkspaceResponse:
        """Give the workspace of the caller's token."""
        return workspace_pb2.GetWorkspaceResponse(workspace=await self._workspaces.get(actor().workspace_id))

    async def UpdateWorkspace(
        self, request: workspace_pb2.UpdateWorkspaceRequest, context: Any
    ) -> workspace_pb2.UpdateWorkspaceResponse:
        """Change limits and rules."""
        fields = mask_paths(request.update_mask, _CHANGEABLE)
        values = workspace_input(request.config, fields).config()
        workspace = await self._workspaces.update(actor().workspace_id, values, fields)
        return workspace_pb2.UpdateWorkspaceResponse(workspace=workspace)

    async def CreateWorkspace(
        self, request: workspace_pb2.CreateWorkspaceRequest, context: Any
    ) -> workspace_pb2.CreateWorkspaceResponse:
        """Make a workspace beside the caller's, and give its owner's token this once."""
        token = new_token("ptk")
        sent = validated(WorkspaceInput, {"name": request.name}, root="workspace")
        workspace = await self._workspaces.add(actor().workspace_id, sent.name, token_digest=digest(token))
        return workspace_pb2.CreateWorkspaceResponse(workspace=workspace, token=token)

    async def ListWorkspaces(
        self, request: workspace_pb2.ListWorkspacesRequest, context: Any
    ) -> workspace_pb2.ListWorkspacesResponse:
        """List all workspaces of the installation."""
        after, size = decode_token(request.page_token, query=_QUERY), page_size(request.page_size)
        found = await self._workspaces.page(after=after, limit=size + 1)
        page = fitting(found[:size])
        more = encode_token(page[-1].workspace_id, query=_QUERY) if len(page) < len(found) else ""
        return workspace_pb2.ListWorkspacesResponse(workspaces=page, next_page_token=more)
