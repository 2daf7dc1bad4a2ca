"""A child process of `penstock up`: started, watched until it is ready, its output handed on line by line, ended."""

from __future__ import annotations

import asyncio
import collections
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from shared.process import STANDS_BY

# How long a child may take to end by itself before it is killed.
STOP_TIMEOUT_S = 12.0
# Lines kept to show why a child died.
_KEPT_LINES = 30
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to start, and how to tell that it is ready (raises or returns False until it is)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]
    # Whether another process of it stands by, with all code loaded, to take over at once when it dies.
    has_spare: bool = False


class Child:
    """One running child; made by `Child.start`."""

    def __init__(
        self, spec: ChildSpec, process: asyncio.subprocess.Process, on_line: Callable[[str, str], None]
    ) -> None:
        self.spec = spec
        self.last_lines: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._process = process
        self._on_line = on_line
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, spec: ChildSpec, on_line: Callable[[str, str], None], *, as_spare: bool = False) -> Self:
        """Start the process; `on_line(name, line)` gets each line that it writes. A spare waits for `take_over`.

        It has a session of its own: Ctrl-C reaches the supervisor alone, which ends the children in order.
        """
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            env=dict(spec.environment) | ({STANDS_BY: "1"} if as_spare else {}),
            stdin=asyncio.subprocess.PIPE if as_spare else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            limit=1024 * 1024,
        )
        return cls(spec, process, on_line)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    def take_over(self) -> None:
        """Have a spare do what it is there for."""
        if self._process.stdin:
            self._process.stdin.write(b"\n")

    async def wait(self) -> int:
        """Wait for the end, and give the exit status (negative: the signal that killed it)."""
        status = await self._process.wait()
        await asyncio.shield(self._reader)  # others may wait for it too
        return status

    async def stop(self) -> None:
        """Ask the process to end; kill it when it does not within 12 s."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self.wait()

    def _signal(self, signum: signal.Signals) -> None:
        if self.is_running:
            self._process.send_signal(signum)

    async def _read(self) -> None:
        output = self._process.stdout
        while output:
            try:
                line = await output.readline()
            except ValueError:  # a line over the limit; the rest of it comes as lines of its own
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self.last_lines.append(text)
            self._on_line(self.spec.name, text)


def _end_with_parent() -> None:
    # Also when the supervisor is killed, no service may be left running.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os.kill(os.getpid(), signal.SIGTERM)
