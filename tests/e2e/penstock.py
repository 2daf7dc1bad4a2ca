"""A real `penstock up` in a process of its own, and what tests do with it: the command line, webhooks, kills."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from cli.local.ports import free_ports

PENSTOCK = [sys.executable, "-m", "cli"]
# Generous: two cores may have other things to do.
START_TIMEOUT_S = 90


@dataclass(frozen=True, slots=True)
class Penstock:
    """A running installation."""

    process: subprocess.Popen[str]
    data_dir: Path
    http: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command against it."""
        return penstock(*arguments, "--data-dir", str(self.data_dir))

    def json(self, *arguments: str) -> Any:
        """Run a command that must succeed, and give what it prints as JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def pid(self, module: str) -> int | None:
        """Find the process of a service, or of another module."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if module.encode() in command or command[0].endswith(module.encode()):
                return int(child)
        return None

    def kill(self, module: str) -> None:
        """Kill a process of it with SIGKILL."""
        pid = self.pid(module)
        assert pid, f"{module} does not run"
        os.kill(pid, signal.SIGKILL)

    def connect(self, source: Path, destination: Path, *, endpoint: str, name: str) -> str:
        """Push two functions, connect an instance of each, and give the webhook URL."""
        self.json("functions", "push", str(source), "--name", f"{name}-source")
        self.json("functions", "push", str(destination), "--name", f"{name}-destination")
        made = self.json("sources", "create", name, "--function", f"{name}-source")
        self.json(
            "destinations", "create", name, "--function", f"{name}-destination",
            "--set", f"endpoint={endpoint}", "--set", "apiKey=secret-of-the-test",
        )  # fmt: skip
        self.json("connect", name, name)
        return made["webhook_url"]


def penstock(*arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run([*PENSTOCK, *arguments], capture_output=True, text=True, timeout=timeout_s, check=False)


@contextmanager
def up(data_dir: Path, *options: str) -> Generator[Penstock]:
    """Run `penstock up` while the block runs."""
    port = free_ports(1)[0]
    log = (data_dir.parent / f"{data_dir.name}.log").open("w+")
    command = [*PENSTOCK, "up", "--data-dir", str(data_dir), "--http-port", str(port), "--executors", "1", *options]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, text=True)
    running = Penstock(process, data_dir, f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: is_ready(running), timeout_s=START_TIMEOUT_S, what=f"penstock up, see {log.name}")
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def is_ready(running: Penstock) -> bool:
    """Tell whether the installation has said where it is; fails at once when it has ended."""
    assert running.process.poll() is None, "penstock up ended while starting"
    return (running.data_dir / "installation.json").exists()


def post(url: str, body: Any, **headers: str) -> httpx2.Response:
    """Send a webhook."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.post(url, json=body, headers=names, timeout=30, trust_env=False)


def eventually(condition: Callable[[], Any], *, timeout_s: float = 60, what: str = "the condition") -> Any:
    """Wait until the condition gives something true, and give that."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.05)
    return found


def without_colors(text: str) -> str:
    """Take the terminal's codes out of a text."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
