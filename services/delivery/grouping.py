"""Group commit: what several callers want done at the same time is done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class _Group(Generic[T]):
    def __init__(self) -> None:
        self.items: list[T] = []
        self.is_begun = False
        self.failure: BaseException | None = None


class Grouped(Generic[T]):
    """Works on the items of many callers in groups: while one group is worked on, the next one gathers."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._work = work
        self._one_at_a_time = asyncio.Lock()
        self._gathering = _Group[T]()

    async def __call__(self, items: Sequence[T]) -> None:
        """Return when these items are done, maybe together with others. Raises what the work on them raises."""
        group = self._gathering
        group.items.extend(items)
        async with self._one_at_a_time:
            if not group.is_begun:
                await self._lead(group)
            elif group.failure is not None:
                raise group.failure

    async def _lead(self, group: _Group[T]) -> None:
        group.is_begun = True
        self._gathering = _Group[T]()
        try:
            await self._work(group.items)
        except BaseException as failure:
            group.failure = failure
            raise
