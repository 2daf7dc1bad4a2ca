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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx2
from typer.testing import CliRunner

from cli.function_files import KINDS, read_definitions
from cli.local.addresses import read_addresses
from cli.local.ports import free_ports
from cli.main import app
from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import delivery_service_pb2_grpc
from penstock.event.v1 import outcome_pb2
from penstock.registry.v1 import (
    destination_pb2,
    destination_pb2_grpc,
    function_pb2,
    function_pb2_grpc,
    source_pb2,
    source_pb2_grpc,
)

PENSTOCK = [sys.executable, "-m", "cli"]
# Generous: two cores may have other things to do.
# Of an installation's log, when its test fails.
SHOWN_LINES = 60
START_TIMEOUT_S = 90


@dataclass(frozen=True, slots=True)
class Penstock:
    """A running installation."""

    process: subprocess.Popen[str]
    data_dir: Path
    http: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command against it, in this process: a new one for each would cost more than all else in a test."""
        words = [*arguments, "--data-dir", str(self.data_dir)]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    def json(self, *arguments: str) -> Any:
        """Run a command that must succeed, and give what it prints as JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def pid(self, module: str) -> int | None:
        """Find the process of a service, or of another module; not its spare."""
        return next(iter(self.pids(module)), None)

    def pids(self, module: str) -> list[int]:
        """Find the process of a service, and then its spare."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found: list[int] = []
        for child in children:
            with suppress(FileNotFoundError):  # it has just ended
                command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                if module.encode() in command or command[0].endswith(module.encode()):
                    found.append(int(child))
        return found

    def kill(self, module: str) -> int:
        """Kill a process of it with SIGKILL, and give its id."""
        pid = self.pid(module)
        assert pid, f"{module} does not run"
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def channel(self) -> Generator[grpc.Channel]:
        """Open a channel to the gateway."""
        with grpc.insecure_channel(read_addresses(self.data_dir).grpc) as channel:
            yield channel

    @property
    def as_owner(self) -> tuple[tuple[str, str]]:
        """Metadata of the owner's calls."""
        return (("authorization", f"Bearer {(self.data_dir / 'owner-token').read_text().strip()}"),)

    def deliveries(self, event_id: str = "", *, status: outcome_pb2.Status.ValueType) -> list[delivery.DeliveryRecord]:
        """Give the deliveries of an event, or of all, in this state; at most 1,000."""
        request = delivery.ListDeliveriesRequest(event_id=event_id, status=status, page_size=1000)
        with self.channel() as channel:
            stub = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
            return list(stub.ListDeliveries(request, metadata=self.as_owner, timeout=10).deliveries)

    def connect(self, source: Path, destination: Path, *, endpoint: str, name: str) -> str:
        """Create two functions, connect an instance of each, and give the webhook URL."""
        settings = json.dumps({"endpoint": endpoint, "apiKey": "secret-of-the-test"}).encode()
        definitions = read_definitions(destination, None)
        with self.channel() as channel:
            functions = function_pb2_grpc.FunctionServiceStub(channel)
            sources = source_pb2_grpc.SourceServiceStub(channel)
            destinations = destination_pb2_grpc.DestinationServiceStub(channel)
            made: dict[str, str] = {}
            for kind, file, defined in (("source", source, []), ("destination", destination, definitions)):
                function = function_pb2.Function(
                    display_name=f"{name}-{kind}", kind=KINDS[kind], code=file.read_text(), settings=defined
                )
                request = function_pb2.CreateFunctionRequest(function=function)
                answer = functions.CreateFunction(request, metadata=self.as_owner, timeout=30)
                made[kind] = answer.function.function_id
            new_source = source_pb2.CreateSourceRequest(source=source_pb2.Source(name=name, function_id=made["source"]))
            token = sources.CreateSource(new_source, metadata=self.as_owner, timeout=10).token
            new_destination = destination_pb2.Destination(name=name, function_id=made["destination"], settings=settings)
            destinations.CreateDestination(
                destination_pb2.CreateDestinationRequest(destination=new_destination),
                metadata=self.as_owner,
                timeout=10,
            )
            connection = destination_pb2.ConnectSourceRequest(source_id=name, destination_id=name)
            destinations.ConnectSource(connection, metadata=self.as_owner, timeout=10)
        url = f"{self.http}/hooks/{token}"
        # A content type that sources refuse: the answer changes when the gateway has learned of the source.
        eventually(lambda: httpx2.post(url, trust_env=False).status_code == 415, what="the gateway knows the source")
        return url


def penstock(*arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run([*PENSTOCK, *arguments], capture_output=True, text=True, timeout=timeout_s, check=False)


@contextmanager
def up(
    data_dir: Path,
    *options: str,
    port: int | None = None,
    code: Path | None = None,
    **environment: str,
) -> Generator[Penstock]:
    """Run `penstock up` while the block runs; `code` is the folder of another version of it."""
    port = port or free_ports(1)[0]
    log = data_dir.parent / f"{data_dir.name}.log"
    command = [*PENSTOCK, "up", "--data-dir", str(data_dir), "--http-port", str(port), "--executors", "1", *options]
    with log.open("a") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, text=True, cwd=code, env=os.environ | environment
        )
    running = Penstock(process, data_dir, f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: is_ready(running, log), timeout_s=START_TIMEOUT_S, what=f"penstock up, see {log}")
        yield running
    except BaseException:
        sys.stdout.writelines(log.read_text().splitlines(keepends=True)[-SHOWN_LINES:])
        raise
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def is_ready(running: Penstock, log: Path) -> bool:
    """Tell whether the installation has said where it is; fails at once when it has ended."""
    assert running.process.poll() is None, log.read_text()
    return (running.data_dir / "installation.json").exists()


_client = httpx2.Client(trust_env=False, timeout=30)


def post(url: str, body: Any) -> httpx2.Response:
    """Send a webhook."""
    return _client.post(url, json=body)


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
