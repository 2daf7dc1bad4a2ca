"""A client that floods a source, in a process of its own: `python -m tests.bench.flood URL` sends until SIGTERM.

It takes no notice of what it is answered, and prints how often there was which status.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from urllib.parse import urlsplit

from tests.bench.event import track_json

_CONNECTIONS = 32


@contextlib.contextmanager
def flooding(url: str) -> Generator[dict[str, float]]:
    """Flood a source while the block runs; then give answers a second by status."""
    command = [sys.executable, "-m", "tests.bench.flood", url]
    told: dict[str, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield told
        finally:
            process.terminate()
            told |= json.loads(process.communicate(timeout=30)[0])


async def _flood(url: str) -> None:
    # As from another machine: it takes no processor time that others want.
    os.nice(19)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    answers: Counter[str] = Counter()
    start = time.perf_counter()
    senders = [asyncio.create_task(_send(url, answers)) for _ in range(_CONNECTIONS)]
    await stop.wait()
    took_s = time.perf_counter() - start
    for sender in senders:
        sender.cancel()
    print(json.dumps({status: count / took_s for status, count in answers.items()}), flush=True)


async def _send(url: str, answers: Counter[str]) -> None:
    parts = urlsplit(url)
    body = track_json(0)
    request = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            with contextlib.closing(writer):
                while True:
                    writer.write(request)
                    answers[await _status(reader)] += 1


async def _status(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    return head.split(maxsplit=2)[1].decode()


if __name__ == "__main__":
    asyncio.run(_flood(sys.argv[1]))
