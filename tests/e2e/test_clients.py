"""The clients of `examples/clients` do what they say with a real gateway, where their language is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.local.addresses import read_addresses
from penstock.registry.v1 import source_pb2, source_pb2_grpc
from tests.e2e.penstock import Penstock, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REPOSITORY = Path(__file__).parents[2]
CLIENTS = REPOSITORY / "examples" / "clients"
GO = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def python(_folder: Path) -> list[str]:
    return [sys.executable, str(CLIENTS / "python" / "client.py")]


def node(_folder: Path) -> list[str]:
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    if not (CLIENTS / "node" / "node_modules").exists():
        pytest.skip("the client's packages are not installed: make setup")
    return ["node", str(CLIENTS / "node" / "client.js")]


def go(folder: Path) -> list[str]:
    if GO is None:
        pytest.skip("Go is not installed")
    fetched = subprocess.run([GO, "mod", "download"], cwd=CLIENTS / "go", capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"Go's modules cannot be had: {fetched.stderr[-200:]}")
    built = [GO, "build", "-mod=readonly", "-o", str(folder / "client"), "."]
    subprocess.run(built, cwd=CLIENTS / "go", check=True)
    return [str(folder / "client")]


def new_write_key(running: Penstock, name: str) -> str:
    with running.channel() as channel:
        sources = source_pb2_grpc.SourceServiceStub(channel)
        request = source_pb2.CreateSourceRequest(source=source_pb2.Source(name=name))
        return sources.CreateSource(request, metadata=running.as_owner, timeout=10).token


@pytest.mark.parametrize("command", [python, node, go])
def test_a_client_manages_functions_and_hands_in_an_event(
    running: Penstock, tmp_path: Path, command: Callable[[Path], list[str]]
) -> None:
    environment = os.environ | {
        "PENSTOCK_ADDRESS": read_addresses(running.data_dir).grpc,
        "PENSTOCK_TOKEN": (running.data_dir / "owner-token").read_text().strip(),
        "PENSTOCK_WRITE_KEY": new_write_key(running, f"client-{command.__name__}"),
    }
    arguments = command(tmp_path)

    def told() -> list[str]:
        done = subprocess.run(
            arguments, env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode and "UNAUTHENTICATED" in done.stderr.upper():
            return []  # the gateway does not know the write key yet
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    lines = dict(line.split(": ", 1) for line in eventually(told, what="the gateway knows the write key"))
    assert list(lines) == ["functions", "created", "repeated", "updated", "refused", "deleted", "accepted"]
    assert int(lines["functions"]) >= 0
    assert re.fullmatch("fn_[0-9a-z]+", lines["created"])
    assert lines["created"] == lines["repeated"] == lines["deleted"]
    assert lines["updated"] == "Says what happened"
    assert lines["refused"].upper() == "ABORTED"
    assert re.fullmatch("evt_[0-9a-z]+", lines["accepted"])
