"""One installation on this machine: its data directory, its ports, and the children that make it up."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cli.local import nats
from cli.local.addresses import Addresses, InstallationError
from cli.local.child import ChildSpec
from cli.local.ports import LOOPBACK, free_ports, is_free
from cli.local.readiness import answering, listening, serving
from shared.rpc.identity import make_tokens


@dataclass(frozen=True, slots=True)
class Installation:
    """A data directory (0700) with databases, log, keys and images, and the choices of `penstock up`."""

    data_dir: Path
    http_port: int
    executors: int
    egress_allow: str
    log_format: str

    @property
    def owner_token_file(self) -> Path:
        """Where the owner's token is written on first start (0600)."""
        return self.data_dir / "owner-token"

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the data directory. Raises InstallationError when another `penstock up` has it."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.data_dir / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InstallationError(
                    f"Another `penstock up` runs with the data directory {self.data_dir}. "
                    "End it, or choose another directory with --data-dir."
                ) from None
            yield

    def addresses(self) -> Addresses:
        """Choose the ports. Raises InstallationError when the HTTP port is taken."""
        if not is_free(self.http_port):
            raise InstallationError(
                f"Port {self.http_port} is taken by another program. Choose another with --http-port."
            )
        behind_the_gateway = 3 + self.executors
        grpc, nats_port, registry, secrets, delivery, traces, *others = (
            f"{LOOPBACK}:{port}" for port in free_ports(6 + self.executors + behind_the_gateway)
        )
        executors, metrics = others[: self.executors], others[self.executors :]
        return Addresses(
            http=f"http://{LOOPBACK}:{self.http_port}",
            grpc=grpc,
            nats=f"nats://{nats_port}",
            registry=registry,
            secrets=secrets,
            delivery=delivery,
            traces=traces,
            executors=executors,
            metrics=metrics,
        )

    @contextmanager
    def published(self, addresses: Addresses) -> Generator[None]:
        """Tell the command line where everything is, while the block runs."""
        path = self.data_dir / "installation.json"
        # In one step: who waits for the file must not read half of it.
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(addresses), indent=2))
        unfinished.replace(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def children(self, addresses: Addresses) -> list[list[ChildSpec]]:
        """List what to start, stage by stage: each finds what it needs already there, and the door opens last.

        Raises InstallationError when `PENSTOCK_DATABASE_URL` names no PostgreSQL database.
        """
        database_url = _shared_database()
        tokens = make_tokens(self.data_dir / "identities")
        passwords = nats.write_config(self.data_dir, port=_port(addresses.nats))
        common = self._environment(addresses)
        metrics = iter(addresses.metrics)

        def service(name: str, address: str, module: str, number: str = "", **more: str) -> ChildSpec:
            environment = common | {
                "PENSTOCK_GRPC_ADDRESS": address,
                # The gateway, which comes last, serves them all by HTTP.
                "PENSTOCK_METRICS_ADDRESS": next(metrics, ""),
                "PENSTOCK_SERVICE_TOKEN": tokens[module],
                "PENSTOCK_NATS_URL": nats.url(addresses.nats, user=module, password=passwords[module]),
                "PENSTOCK_DATABASE_URL": database_url or f"sqlite:///{(self.data_dir / module).absolute()}.db",
            }
            ready = more.pop("ready", "")
            return ChildSpec(
                name + number,
                [sys.executable, "-m", f"services.{module}"],
                environment | more,
                answering(ready) if ready else serving(address),
            )

        log = ChildSpec("nats", nats.command(self.data_dir), dict(os.environ), listening(_port(addresses.nats)))
        traces = ChildSpec("traces", self._receiver(addresses.traces), common, listening(_port(addresses.traces)))
        owner_token_file = str(self.owner_token_file.absolute())
        behind = [
            service("secrets", addresses.secrets, "secrets"),
            service("registry", addresses.registry, "registry", PENSTOCK_OWNER_TOKEN_FILE=owner_token_file),
            *(
                service("executor", address, "executor", f"-{n}" if self.executors > 1 else "")
                for n, address in enumerate(addresses.executors, start=1)
            ),
            # Last, so that it ends first: what it holds is finished with the executors still there.
            service("delivery", addresses.delivery, "delivery"),
        ]
        http_address = addresses.http.removeprefix("http://")
        door = service(
            "gateway", addresses.grpc, "gateway", PENSTOCK_HTTP_ADDRESS=http_address, ready=f"{addresses.http}/readyz"
        )
        return [[log, traces], behind, [replace(door, has_spare=True)]]

    def _receiver(self, address: str) -> Sequence[str]:
        database = self.data_dir / "traces.db"
        return [sys.executable, "-m", "cli.traces.receiver", "--address", address, "--database", str(database)]

    def _environment(self, addresses: Addresses) -> dict[str, str]:
        return dict(os.environ) | {
            "PYTHONUNBUFFERED": "1",
            "PENSTOCK_DATA_DIR": str(self.data_dir.absolute()),
            "PENSTOCK_IDENTITIES_FILE": str((self.data_dir / "identities" / "identities.json").absolute()),
            "PENSTOCK_REGISTRY_ADDRESS": addresses.registry,
            "PENSTOCK_SECRETS_ADDRESS": addresses.secrets,
            "PENSTOCK_DELIVERY_ADDRESS": addresses.delivery,
            "PENSTOCK_EXECUTOR_ADDRESSES": json.dumps(addresses.executors),
            "PENSTOCK_GATEWAY_ADDRESSES": json.dumps([addresses.http, addresses.grpc]),
            "PENSTOCK_EGRESS_ALLOW": self.egress_allow,
            "PENSTOCK_LOG_FORMAT": self.log_format,
            "PENSTOCK_METRICS_PEERS": json.dumps(addresses.metrics),
            **_traces(addresses),
        }


def _shared_database() -> str:
    """Read the URL of a database for all services; empty when each has a SQLite file of its own."""
    url = os.environ.get("PENSTOCK_DATABASE_URL", "")
    if not url:
        return ""
    from shared.database.urls import is_sqlite, parse_url  # noqa: PLC0415 takes longer than most commands

    try:
        parsed = parse_url(url)
    except ValueError as error:
        raise InstallationError(f"PENSTOCK_DATABASE_URL cannot be read: {error}.") from None
    if is_sqlite(parsed):
        raise InstallationError(
            "PENSTOCK_DATABASE_URL names a SQLite file, but each service needs one of its own. "
            "Leave it out, and they are in the data directory; or name a PostgreSQL database."
        )
    return url


def _traces(addresses: Addresses) -> dict[str, str]:
    """Have traces sent to the installation's own receiver, unless somebody wants them elsewhere."""
    wanted = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} & os.environ.keys()
    return {} if wanted else {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://{addresses.traces}"}


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
