"""The outside of the bench, in a process of its own: counts what arrives, and tells how long after its sending.

`python -m tests.bench.receiver` prints its port, then a line of JSON for each GET of /figures, which can name a path:
`/figures?of=/calm`. /hanging answers after 30 s, /failing with 503.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

from aiohttp import web

_HANGING_S = 30


def application() -> web.Application:
    """Make a server that takes POSTs with a `sent` time in the body, and gives figures of them."""
    delays_ms: defaultdict[str, list[float]] = defaultdict(list)

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        delays_ms[request.path].append((time.time() - body["sent"]) * 1000)
        return web.json_response({})

    async def hang(request: web.Request) -> web.Response:
        delays_ms[request.path].append(0)
        await asyncio.sleep(_HANGING_S)
        return web.json_response({})

    async def fail(request: web.Request) -> web.Response:
        delays_ms[request.path].append(0)
        return web.json_response({}, status=503)

    async def figures(request: web.Request) -> web.Response:
        of = request.query.get("of")
        taken = sorted(delay for path, delays in delays_ms.items() if of in (None, path) for delay in delays)
        if not taken:
            return web.json_response({"count": 0})
        p50, p99 = (taken[int((len(taken) - 1) * part)] for part in (0.5, 0.99))
        return web.json_response({"count": len(taken), "p50_ms": p50, "p99_ms": p99})

    async def forget(_request: web.Request) -> web.Response:
        delays_ms.clear()
        return web.json_response({})

    made = web.Application()
    made.router.add_get("/figures", figures)
    made.router.add_delete("/figures", forget)
    made.router.add_post("/hanging", hang)
    made.router.add_post("/failing", fail)
    made.router.add_post("/{path:.*}", take)
    return made


async def _announce(site: web.Application) -> None:
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_announce(application()))
