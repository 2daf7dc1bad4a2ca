"""WorkspaceService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc
from services.registry.servicers.scope import actor
from services.registry.store.workspaces import WorkspaceStore
from services.registry.validation import mask_paths
from services.registry.workspace_inputs import workspace_input

_CHANGEABLE = ("limits", "concurrency", "monthly_compute", "egress_allow", "egress_deny")


class WorkspaceServicer(workspace_pb2_grpc.WorkspaceServiceServicer):
    """The caller's workspace."""

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
