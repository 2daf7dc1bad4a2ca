"""The workspace of a token."""

from __future__ import annotations

import re

from penstock.registry.v1 import workspace_pb2
from services.gateway.api.call import Call
from services.gateway.api.models import Input, Output
from services.gateway.api.operation import Group

WORKSPACES = Group("Workspaces")
_NO_WORD = re.compile(r"[^a-z0-9]+")


class Nothing(Input):
    """Nothing is asked."""


class Workspace(Output):
    """A workspace."""

    id: str
    slug: str
    name: str


class WorkspaceAnswer(Output):
    """The workspace of the token."""

    workspace: Workspace


@WORKSPACES.on("GET", "/")
async def get_workspace(call: Call, _sent: Nothing) -> WorkspaceAnswer:
    """Give the workspace of the token."""
    answer = await call.ask(call.services.workspaces.GetWorkspace, workspace_pb2.GetWorkspaceRequest())
    found = answer.workspace
    slug = _NO_WORD.sub("-", found.name.lower()).strip("-")
    return WorkspaceAnswer(workspace=Workspace(id=found.workspace_id, slug=slug, name=found.name))
