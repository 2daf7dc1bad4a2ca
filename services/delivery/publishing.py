"""Publishing the next step: it must succeed before anything is acknowledged, so it waits out a log that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared.bus import Ack, Bus, Publication
from shared.errors import PenstockError, Unavailable

_log = structlog.get_logger()

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 2.0


async def publish_persistently(bus: Bus, publications: Sequence[Publication]) -> list[Ack | PenstockError]:
    """Publish until the log has answered for each: an ack, or an error that another try would not change.

    A message whose ack was lost is published again, and known by its id.
    """
    results = await bus.publish_all(publications)
    wait_s = _FIRST_WAIT_S
    while missing := [index for index, result in enumerate(results) if isinstance(result, Unavailable)]:
        _log.warning("publish.repeated", messages=len(missing), error=str(results[missing[0]]))
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        again = await bus.publish_all([publications[index] for index in missing])
        for index, result in zip(missing, again, strict=True):
            results[index] = result
    return results
