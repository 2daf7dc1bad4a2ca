"""A real nats-server with JetStream for tests: own port, own store, killed and started again at will."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_BINARY = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or "nats-server"
_START_TIMEOUT_S = 20
_CONFIG = """
listen: "127.0.0.1:{port}"
max_payload: 4MB
jetstream {{ store_dir: "{store}" }}
"""


class NatsServer:
    """A nats-server process with its store in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.streams = folder / "store" / "jetstream" / "$G" / "streams"
        self._config = folder / "nats.conf"
        self._log = folder / "nats.log"
        self._config.write_text(_CONFIG.format(port=self.port, store=folder / "store"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start on the store, and wait until JetStream is ready."""
        command = [_BINARY, "--config", str(self._config), "--log", str(self._log)]
        before = self._times_ready()
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self._times_ready() == before:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nats-server does not start:\n{self._log.read_text()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End the process as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End the process in order: all that it knows is on the disk then."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Have the process stand still: connections stay open, and nobody answers."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)
            os.waitpid(self._process.pid, os.WUNTRACED)

    def go_on(self) -> None:
        """End `hang`."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def _times_ready(self) -> int:
        return self._log.read_text().count("Server is ready") if self._log.exists() else 0


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A running server with an empty store."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    server.start()
    yield server
    server.kill()
