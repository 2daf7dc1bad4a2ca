"""WorkspaceService."""

from __future__ import annotations

from typing import Any

from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc
from services.registry.servicers.scope import actor
from services.registry.store.workspaces import WorkspaceStore


class WorkspaceServicer(workspace_pb2_grpc.WorkspaceServiceServicer):
    """Tells a caller about its workspace."""

    def __init__(self, workspaces: WorkspaceStore) -> None:
        self._workspaces = workspaces

    async def GetWorkspace(
        self, request: workspace_pb2.GetWorkspaceRequest, context: Any
    ) -> workspace_pb2.GetWorkspaceResponse:
        """Give the workspace of the caller's token."""
        return workspace_pb2.GetWorkspaceResponse(workspace=await self._workspaces.get(actor().workspace_id))
