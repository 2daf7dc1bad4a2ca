"""Whether a task is to end: a cancellation can be lost on its way through a driver, and turn up as another error."""

from __future__ import annotations

import asyncio


def is_cancelled() -> bool:
    """Tell whether somebody has cancelled the running task, also when nothing was raised for it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
