"""What functions of a workspace may take in a calendar month (UTC), as installation and workspace say."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.config.v1 import config_pb2
from shared.bus import ConfigView

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Allotment:
    """Execution time of a month in microseconds, and whether functions stop at its end."""

    time_us: int
    lock_out: bool

    def percent(self, used_us: int) -> int:
        """Tell how much of it is used, rounded down."""
        return used_us * 100 // self.time_us


class Allotments:
    """The allotments of all workspaces, up to date with CONFIG."""

    def __init__(self, config: ConfigView, *, execution_s: float, lock_out: bool) -> None:
        """`execution_s` is the installation's own, 0 for none; `lock_out` that all who reach it are locked out."""
        self._config = config
        self._execution_us = round(execution_s * _MICROSECONDS)
        self._lock_out = lock_out

    def of(self, workspace_id: str) -> Allotment | None:
        """Give the lower of the installation's and the workspace's own; None for no bound."""
        workspace = self._config.get(config_pb2.WorkspaceConfig, workspace_id)
        own_us = 0
        if workspace and workspace.HasField("monthly_execution"):
            own_us = workspace.monthly_execution.ToMicroseconds()
        bounds = [bound for bound in (self._execution_us, own_us) if bound > 0]
        lock_out = self._lock_out or bool(workspace and workspace.lock_out)
        return Allotment(min(bounds), lock_out) if bounds else None

    def lock_out(self, workspace_id: str) -> bool:
        """Tell whether functions stop at the end of an allotment."""
        workspace = self._config.get(config_pb2.WorkspaceConfig, workspace_id)
        return self._lock_out or bool(workspace and workspace.lock_out)

    def workspaces(self) -> set[str]:
        """Name the workspaces that have an allotment."""
        return {each for each in self._config.all(config_pb2.WorkspaceConfig) if self.of(each)}
