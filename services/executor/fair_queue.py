"""Queues that are fair between workspaces: who has had least goes first, whatever anybody has waiting."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

# Workspaces remembered before those are forgotten that are ahead of nobody.
MAX_WORKSPACES = 1024


class Shares:
    """What each workspace has had. Who was idle is owed nothing for that time."""

    def __init__(self) -> None:
        self._had: dict[str, float] = {}
        self._floor = 0.0

    def of(self, workspace: str) -> float:
        """Give what a workspace has had."""
        return max(self._had.get(workspace, 0.0), self._floor)

    def add(self, workspace: str, amount: float) -> None:
        """Count what a workspace got."""
        self._had[workspace] = self.of(workspace) + amount

    def raise_floor(self, had: float) -> None:
        """Say what the workspace had whose turn it is: nobody who waits has had less."""
        self._floor = max(self._floor, had)
        if len(self._had) > MAX_WORKSPACES:
            self._had = {workspace: had for workspace, had in self._had.items() if had > self._floor}


class FairQueue(Generic[T]):
    """Items of workspaces: those of one in their order, the next from the workspace that has had least."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._items: dict[str, deque[T]] = {}
        self._order: list[tuple[float, str]] = []

    def __bool__(self) -> bool:
        return bool(self._items)

    def push(self, workspace: str, item: T) -> None:
        """Put an item behind those of its workspace."""
        items = self._items.get(workspace)
        if items is None:
            items = self._items[workspace] = deque()
            heapq.heappush(self._order, (self._shares.of(workspace), workspace))
        items.append(item)

    def pop(self) -> T:
        """Take the next item. Raises IndexError when there is none."""
        had, workspace = self._order[0]
        while had < (current := self._shares.of(workspace)):
            heapq.heapreplace(self._order, (current, workspace))
            had, workspace = self._order[0]
        self._shares.raise_floor(had)
        items = self._items[workspace]
        item = items.popleft()
        if not items:
            del self._items[workspace]
            heapq.heappop(self._order)
        return item
