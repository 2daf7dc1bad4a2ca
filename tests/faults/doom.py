"""Dying at a point: a service kills itself at the nth time that it comes by, just before or just after."""

from __future__ import annotations

import functools
import importlib
import json
import mmap
import os
import signal
import struct
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.frames import messages

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
    if kind == "publish":
        _install_messages(point, prefix, number, cells)
    else:
        _install_call(point, number, cells)


def _install_call(point: Point, number: int, cells: memoryview[int]) -> None:
    module, _, path = point.place.partition(":")
    *owners, name = path.split(".")
    owner: Any = functools.reduce(getattr, owners, importlib.import_module(module))
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def doomed(self: Any, *arguments: Any, **named: Any) -> Any:
        if not _comes(number, cells):
            return await original(self, *arguments, **named)
        if point.after:
            await original(self, *arguments, **named)
        _die(cells)

    setattr(owner, name, doomed)


def _install_messages(point: Point, prefix: str, number: int, cells: memoryview[int]) -> None:
    """Publications are written as frames, several at a time; all else is published one by one."""
    client: Any = importlib.import_module("shared.bus.wire").WireClient
    publish, write = client.publish, client.write

    async def send(self: Any, subject: str, sending: Coroutine[Any, Any, None]) -> None:
        doomed = subject.startswith(prefix) and _comes(number, cells)
        if doomed and not point.after:
            _die(cells)
        await sending
        if doomed:
            await self.flush()
            _die(cells)

    async def doomed_publish(self: Any, subject: str, *arguments: Any, **named: Any) -> None:
        await send(self, subject, publish(self, subject, *arguments, **named))

    async def doomed_write(self: Any, frames: bytes) -> None:
        if cells[0] != number:
            await write(self, frames)
            return
        for subject, frame in messages(frames):
            await send(self, subject, write(self, frame))

    client.publish, client.write = doomed_publish, doomed_write


def _comes(number: int, cells: memoryview[int]) -> bool:
    """Tell whether the nth time has come."""
    if cells[0] != number:
        return False
    cells[1] -= 1
    return cells[1] <= 0


def _cells(folder: Path) -> memoryview[int]:
    with (folder / _ARMED).open("r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), 2 * struct.calcsize("q"))).cast("q")


def _die(cells: memoryview[int]) -> NoReturn:
    cells[0] = 0
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")
