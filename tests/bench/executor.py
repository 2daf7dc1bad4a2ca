"""Measures the executor in process: images, sandboxes, calls and batches. `python -m tests.bench.executor` prints them.

Figures are medians in microseconds, of a 0.9 KB track event to which one property is added.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from services.executor.canned import CannedOutside
from services.executor.executor import Program, digest_of
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Invocation, Limits
from services.executor.sandbox import Sandbox
from services.executor.turns import Turns

CODE = "async function onTrack(event) { event.properties.added = 'x'; return event; }"
EVENT = json.dumps(
    {
        "type": "track",
        "event": "Order Completed",
        "userId": "u-97980cfea0067",
        "messageId": "022bb90c-bbac-11e4-8dfc-aa07a5b093db",
        "timestamp": "2026-11-20T10:11:12.013Z",
        "context": {
            "ip": "203.0.113.17",
            "library": {"name": "analytics.js", "version": "2.11.1"},
            "page": {
                "path": "/checkout/",
                "referrer": "",
                "title": "Check out",
                "url": "https://shop.example/checkout/",
            },
            "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_5) AppleWebKit/537.36 Chrome/40.0.2214.115",
        },
        "properties": {
            "orderId": "50314b8e9bcf000000000000",
            "total": 27.5,
            "currency": "USD",
            "products": [
                {
                    "productId": "507f1f77bcf86cd799439011",
                    "sku": "45790-32",
                    "name": "Monopoly",
                    "price": 19,
                    "quantity": 1,
                },
                {"productId": "505bd76785ebb509fc183733", "sku": "46493-32", "name": "Uno Card Game", "price": 3},
            ],
        },
    }
).encode()


def median_us(action: Callable[[], object], times: int) -> float:
    """Give the median time of an action."""
    action()
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e6


async def median_us_async(action: Callable[[], Awaitable[object]], times: int) -> float:
    """Give the median time of an action that may wait."""
    await action()
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        await action()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e6


async def measure(cache_dir: Path) -> dict[str, float]:
    """Give each figure in microseconds by its name."""
    outside = CannedOutside({})
    pool, turns = SandboxPool(), Turns()
    executor = make_executor(cache_dir=cache_dir, outside=outside, pool=pool)
    builder = executor._builder
    figures = {"image build": median_us(lambda: builder.build(CODE), 20)}
    figures["image load"] = median_us(lambda: builder.load(CODE), 200)
    image, limits = builder.load(CODE), Limits()
    figures["sandbox start"] = median_us(
        lambda: Sandbox(image=image, limits=limits, outside=outside, turns=turns).end(), 500
    )
    warm = Program(key="warm", code=CODE, digest=digest_of(CODE), kind=FunctionKind.DESTINATION)
    fresh = Program(key="fresh", code=CODE, digest=digest_of(CODE), kind=FunctionKind.DESTINATION, fresh=True)
    invocation = Invocation(payload=EVENT)
    figures["warm event"] = await median_us_async(lambda: executor.run(warm, invocation), 2000)
    figures["event in a fresh sandbox"] = await median_us_async(lambda: executor.run(fresh, invocation), 300)

    async def batch() -> None:
        for _ in range(100):
            await executor.run(warm, invocation)

    figures["event of a batch of 100"] = await median_us_async(batch, 20) / 100
    pool.close()
    return figures


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        for name, value in asyncio.run(measure(Path(folder))).items():
            print(f"{name:<28}{value:>10,.0f} us")


if __name__ == "__main__":
    main()
