"""Taking from a stream all that has come, however much that is: work that is done in groups keeps up with any pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TypeVar

T = TypeVar("T")


async def gathered(stream: AsyncIterator[Sequence[T]]) -> AsyncGenerator[list[T]]:
    """Give what came since the last time, at least one, until the stream ends. Raises what the stream raises."""
    came: list[T] = []
    news = asyncio.Event()

    async def read() -> None:
        try:
            async for several in stream:
                came.extend(several)
                news.set()
        finally:
            news.set()

    reading = asyncio.create_task(read())
    try:
        while came or not reading.done():
            if came:
                taken = came[:]
                came.clear()
                yield taken
            else:
                news.clear()
                await news.wait()
        await reading
    finally:
        reading.cancel()
