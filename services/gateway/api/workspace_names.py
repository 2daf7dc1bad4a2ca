"""Names of workspaces, as a part of the names of their functions."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from penstock.access.v1 import access_pb2
from penstock.registry.v1 import workspace_pb2, workspace_pb2_grpc
from shared.rpc.client import acting_for

_KEPT_S = 60.0
_KEPT = 1024


class WorkspaceNames:
    """Asks registry, and remembers for a minute."""

    def __init__(
        self, workspaces: workspace_pb2_grpc.WorkspaceServiceAsyncStub, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._workspaces = workspaces
        self._now = now
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def get(self, actor: access_pb2.Actor) -> str:
        """Give the name of the actor's workspace. Raises as the rpc."""
        until, name = self._known.get(actor.workspace_id, (0.0, ""))
        if self._now() >= until:
            request = workspace_pb2.GetWorkspaceRequest()
            name = (await self._workspaces.GetWorkspace(request, metadata=acting_for(actor))).workspace.name
            self._remember(actor.workspace_id, name)
        return name

    def _remember(self, workspace_id: str, name: str) -> None:
        self._known[workspace_id] = self._now() + _KEPT_S, name
        self._known.move_to_end(workspace_id)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
