"""Dying at a point: a service kills itself at the nth time that it comes by, just before or just after."""

from __future__ import annotations

import functools
import importlib
import json
import mmap
import os
import signal
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

_POINTS = "points.json"
_ARMED = "armed"


@dataclass(frozen=True, slots=True)
class Point:
    """Where a service dies, and how many deliveries the outside may take twice for it.

    `place` is `publish <prefix of a subject>`, or an asynchronous method as `module:Class.method`. After a message
    means after the server has it.
    """

    service: str
    when: str
    place: str
    nth: int = 1
    after: bool = False
    repeats: int = 0


class Dooms:
    """The points at which the services of an installation can be made to die. `folder` is what they know it by."""

    def __init__(self, folder: Path, points: Sequence[Point]) -> None:
        (folder / _POINTS).write_text(json.dumps([asdict(point) for point in points]))
        (folder / _ARMED).write_bytes(bytes(16))
        self._points = points
        self._cells = _cells(folder)

    def arm(self, point: Point) -> None:
        """Have the service die when it comes by for the nth time from now on; once."""
        self._cells[1] = point.nth
        self._cells[0] = self._points.index(point) + 1

    @property
    def is_armed(self) -> bool:
        """Whether nobody has died yet of what was armed last."""
        return self._cells[0] != 0


def install(folder: Path, service: str) -> None:
    """Make this process die when it is told to."""
    cells = _cells(folder)
    for number, values in enumerate(json.loads((folder / _POINTS).read_text()), start=1):
        point = Point(**values)
        if point.service == service:
            _install(point, number, cells)


def _install(point: Point, number: int, cells: memoryview[int]) -> None:
    kind, _, prefix = point.place.partition(" ")
    place = "nats.aio.client:Client.publish" if kind == "publish" else point.place
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = functools.reduce(getattr, owners, importlib.import_module(module))
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def doomed(self: Any, *arguments: Any, **named: Any) -> Any:
        if cells[0] != number or (kind == "publish" and not arguments[0].startswith(prefix)):
            return await original(self, *arguments, **named)
        cells[1] -= 1
        if cells[1] > 0:
            return await original(self, *arguments, **named)
        if point.after:
            await original(self, *arguments, **named)
            if kind == "publish":
                await self.flush()
        cells[0] = 0
        _die()

    setattr(owner, name, doomed)


def _cells(folder: Path) -> memoryview[int]:
    with (folder / _ARMED).open("r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), 2 * struct.calcsize("q"))).cast("q")


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")
