"""The installation that the storm rages over: a `penstock up` that can be ended and started again, in two versions."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cli.local.addresses import read_addresses
from cli.local.ports import free_ports
from tests.e2e.penstock import Penstock, eventually, up
from tests.faults.inject.sitecustomize import FOLDER, SERVICES

_INJECT = Path(__file__).parent / "inject"
INBOX_CAP = 400
DELIVERIES_CAP = 800
_NEVER_S = 366 * 24 * 3600
# Long enough for a fault to pass, short enough for events that are never taken to be given up within the storm.
_RETRY = {"caps_s": [0.5, 2, 5], "attempts": 6, "period_s": 15}
_ACK_WAIT_S = 10.0


class Installation:
    """Penstock in a data directory, on one HTTP port."""

    def __init__(self, folder: Path, *, retry: Mapping[str, Any], ack_wait_s: float) -> None:
        self._lanes = {"ack_wait_s": ack_wait_s}
        self._retry = retry
        self.data_dir = folder / "data"
        self._port = free_ports(1)[0]
        self.faults = folder / "faults"
        self.faults.mkdir()
        (self.faults / "clock").write_bytes(bytes(8 * len(SERVICES)))
        self._running = ExitStack()
        self.penstock: Penstock

    def start(self, code: Path | None = None) -> None:
        """Start it, in the version whose code is in a folder, by default this one."""
        (self.data_dir / "installation.json").unlink(missing_ok=True)
        running = up(
            self.data_dir,
            "--egress-allow",
            "127.0.0.1/32",
            "--json-logs",
            port=self._port,
            code=code,
            **self._environment(),
        )
        self.penstock = self._running.enter_context(running)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._running.close()

    def crash(self) -> None:
        """Kill the supervisor, and wait for the end of the services, which must not outlive it."""
        services = self.services()
        self.penstock.process.kill()
        self.penstock.process.wait()
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in services), what="the services' end")
        self._running.close()

    def services(self) -> Sequence[int]:
        """Give the ids of its processes."""
        pid = self.penstock.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def pid(self, name: str) -> int:
        """Wait until a service, or nats-server, runs, and give its id."""
        module = name if name == "nats-server" else f"services.{name}"
        return int(eventually(lambda: self.penstock.pid(module), what=f"{name} runs"))

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        os.kill(self.pid(name), signal.SIGKILL)

    @contextmanager
    def frozen(self, name: str) -> Generator[None]:
        """Hold a process still while the block runs."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def set_clock(self, service: str, ahead_s: float) -> None:
        """Move a running service's clock ahead of the machine's, or behind it."""
        with (self.faults / "clock").open("r+b") as file:
            file.seek(8 * SERVICES.index(service))
            file.write(struct.pack("q", int(ahead_s * 1e9)))

    def limit_disk(self, quota_bytes: int | None) -> None:
        """Give the log's server a quota of disk, or none; takes effect with its next start."""
        path = self.data_dir / "nats.conf"
        config = json.loads(path.read_text())
        config["jetstream"].pop("max_file_store", None)
        if quota_bytes is not None:
            config["jetstream"]["max_file_store"] = quota_bytes
        path.write_text(json.dumps(config))

    @property
    def nats_url(self) -> str:
        """Where the log is, with the password of the service that may see all of it."""
        users = json.loads((self.data_dir / "nats.conf").read_text())["authorization"]["users"]
        password = next(user["password"] for user in users if user["user"] == "delivery")
        return read_addresses(self.data_dir).nats.replace("nats://", f"nats://delivery:{password}@")

    @property
    def grpc_address(self) -> str:
        """Where the gateway's gRPC server is."""
        return read_addresses(self.data_dir).grpc

    def _environment(self) -> dict[str, str]:
        # No byte limit on outcomes: the account needs all of them folded, and the quota must be what fills up.
        streams = {"inbox_per_source": INBOX_CAP, "deliveries_per_destination": DELIVERIES_CAP, "outcomes_bytes": -1}
        return {
            "PYTHONPATH": str(_INJECT),
            FOLDER: str(self.faults),
            "PENSTOCK_STREAMS": json.dumps(streams),
            "PENSTOCK_SOURCES": json.dumps(self._lanes),
            "PENSTOCK_DESTINATIONS": json.dumps(self._lanes),
            "PENSTOCK_DESTINATION_RETRY": json.dumps(self._retry),
            # What fails for ever is all that is left of the failing destination at the end: its tries are to end soon.
            "PENSTOCK_CIRCUIT": json.dumps({"open_s": [0.1, 0.3]}),
            # A source's run never gives up here, so that each accepted event must come out at the other end.
            "PENSTOCK_SOURCE_RETRY": json.dumps({"caps_s": [0.5, 2], "attempts": 5, "period_s": _NEVER_S}),
        }


@contextmanager
def installation(
    folder: Path, *, retry: Mapping[str, Any] = _RETRY, ack_wait_s: float = _ACK_WAIT_S
) -> Generator[Installation]:
    """Have an installation ended at the end of the block, whatever runs then."""
    made = Installation(folder, retry=retry, ack_wait_s=ack_wait_s)
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def previous_version(folder: Path, revision: str | None = None) -> Generator[Path]:
    """Check out an earlier commit beside this one while the block runs, ready to be started with the same packages.

    By default the newest one with the same tables: a version does not start on the tables of a later one.
    """
    revision = revision or _newest_with_these_tables()
    tree = folder / "previous"
    _git("worktree", "add", "--detach", "--force", str(tree), revision)
    try:
        _make_contracts(tree)
        _make_prelude(tree, revision)
        yield tree
    finally:
        _git("worktree", "remove", "--force", str(tree))


def _newest_with_these_tables() -> str:
    for revision in _git("rev-list", "--first-parent", "--skip=1", "--max-count=50", "HEAD").split():
        if not _git("diff", "--name-only", revision, "--", "services/*/migrations/*.py", "uv.lock"):
            return revision
    raise RuntimeError("No earlier commit has these tables and packages; name one with --previous.")


def _make_contracts(tree: Path) -> None:
    protos = [str(path.relative_to(tree / "protos")) for path in (tree / "protos").rglob("*.proto")]
    (tree / "penstock").mkdir()
    command = [sys.executable, "-m", "grpc_tools.protoc", "-Iprotos", "--python_out=.", "--grpc_python_out=.", *protos]
    subprocess.run(command, cwd=tree, check=True)
    for directory in (tree / "penstock", *(tree / "penstock").rglob("*/")):
        (directory / "__init__.py").touch()


def _make_prelude(tree: Path, revision: str) -> None:
    executor = Path("services/executor")
    if _git("diff", "--name-only", revision, "--", f"{executor}/prelude", f"{executor}/engine"):
        for command in (["npm", "ci", "--silent", "--no-audit", "--no-fund"], ["npm", "run", "--silent", "build"]):
            subprocess.run(command, cwd=tree / executor / "prelude", check=True)
    else:
        (tree / executor / "dist").symlink_to((executor / "dist").resolve())


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
