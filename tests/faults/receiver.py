"""The outside, in a process of its own that no fault touches: counts what each destination got, by event.

`python -m tests.faults.receiver FOLDER EVENTS` prints its port. The counts are one byte an event in the files
`<destination>.taken` (answered 200) and `<destination>.refused` (503), which the account reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import cast

import uvloop

from tests.e2e.penstock import eventually
from tests.faults import fate

_MOST = 255
_BACKLOG = 4096
_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
_REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nno"


class Counts:
    """How often each event was taken and refused by a destination."""

    def __init__(self, folder: Path, destination: str, events: int) -> None:
        self.taken = _counts(folder / f"{destination}.taken", events)
        self.refused = _counts(folder / f"{destination}.refused", events)


def _counts(path: Path, events: int) -> mmap.mmap:
    with path.open("a+b") as file:
        file.truncate(events)
        return mmap.mmap(file.fileno(), events)


@contextlib.contextmanager
def receiving(folder: Path, events: int) -> Generator[str]:
    """Run the receiver while the block runs, and give its URL."""
    command = [sys.executable, "-m", "tests.faults.receiver", str(folder), str(events)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = eventually(process.stdout.readline, what="the receiver's port").strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    """Takes `POST /<destination>` with an event's number as body, one request after the other."""

    def __init__(self, counts: dict[str, Counts]) -> None:
        self._counts = counts
        self._transport: asyncio.Transport | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if end and len(body) == length:
            self._read = b""
            self._take(head.split(b" ")[1].decode().strip("/"), int(body))

    def _take(self, destination: str, number: int) -> None:
        delay_s = fate.slowness_s(number) if destination == "slow" else 0.0
        asyncio.get_running_loop().call_later(delay_s, self._answer, destination, number)

    def _answer(self, destination: str, number: int) -> None:
        counts = self._counts[destination]
        taken = destination != "failing" or not _is_refused(counts, number)
        count = counts.taken if taken else counts.refused
        count[number] = min(count[number] + 1, _MOST)
        # Counted all the same where whoever asked has died meanwhile: the outside has taken it.
        if self._transport and not self._transport.is_closing():
            self._transport.write(_TAKEN if taken else _REFUSED)


def _is_refused(counts: Counts, number: int) -> bool:
    return fate.is_never_taken(number) or (not counts.taken[number] and counts.refused[number] < fate.refusals(number))


async def _serve(folder: Path, events: int) -> None:
    counts = {name: Counts(folder, name, events) for name in fate.DESTINATIONS}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(counts), "127.0.0.1", 0, backlog=_BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
