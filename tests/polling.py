"""Waiting in tests: for a condition, never for a time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def until(condition: Callable[[], T | Awaitable[T]], *, timeout_s: float = 20) -> T:
    """Wait until `condition` gives something true, and give it; fail after `timeout_s`."""
    async with asyncio.timeout(timeout_s):
        while not (found := await _value(condition)):  # noqa: ASYNC110 what is waited for may be anywhere
            await asyncio.sleep(0.01)
    return found


async def _value(condition: Callable[[], T | Awaitable[T]]) -> T:
    value: Any = condition()
    return await value if inspect.isawaitable(value) else value
