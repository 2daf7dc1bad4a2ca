"""Workspaces beside each other: while several have work, each source and destination holds less of it at a time.

What a lane holds is a queue in front of everybody else's next event: in this process, which works on one group after
the other, and in the executors. Executors run few events of one instance at a time, so what a lane holds beyond those
only makes its groups larger: that is worth having while nobody else waits.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_RECENT_S = 1.0
# Workspaces remembered; only the two latest matter.
_WORKSPACES = 2


class Neighbours:
    """Knows whether another workspace had work within the last second. Pure but for its `clock`, in seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulled_at: OrderedDict[str, float] = OrderedDict()

    def pulled(self, workspace_id: str) -> None:
        """Say that the workspace has work."""
        self._pulled_at[workspace_id] = self._clock()
        self._pulled_at.move_to_end(workspace_id)
        if len(self._pulled_at) > _WORKSPACES:
            self._pulled_at.popitem(last=False)

    def has(self, workspace_id: str) -> bool:
        """Tell whether another workspace than this one has work."""
        oldest = self._clock() - _RECENT_S
        return any(at > oldest for workspace, at in self._pulled_at.items() if workspace != workspace_id)
