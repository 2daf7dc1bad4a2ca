"""`penstock doctor`: what is wrong with this machine or installation, and what helps."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import nats
import typer
from nats.errors import Error as NatsError

from cli.lazy import new_app
from cli.local import nats as local_nats
from cli.local.addresses import Addresses, InstallationError, read_addresses
from cli.local.readiness import answering, listening, serving
from cli.output import Output, table
from cli.session import Address, DataDir, Json, Token, open_session
from shared.errors import PenstockError

app = new_app()

# A message of the log may be as large: a webhook of 2 MB and what is written around it.
_MAX_PAYLOAD_BYTES = 4 * 1024 * 1024
# The first that keeps counters, which the usage of workspaces is.
_OLDEST_NATS = (2, 12)
_ENGINE = Path(__file__).parents[2] / "services" / "executor" / "dist" / "engine.wasm"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `advice` says what helps when it is not ok."""

    what: str
    ok: bool
    found: str
    advice: str = ""


@app.command()
def doctor(
    data_dir: DataDir = Path(".penstock"),
    nats_url: Annotated[
        str, typer.Option("--nats-url", envvar="PENSTOCK_NATS_URL", help="A NATS server of your own to check.")
    ] = "",
    functions: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--functions", help="Try the functions of the installation in this release, as before an upgrade to it."
        ),
    ] = False,
    address: Address = "",
    token: Token = "",
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Check this machine, the installation of the data directory if it runs, and a NATS server of your own if named.

    Ends with status 1 when something needs help. With --functions the newest and all running versions of all functions
    are tried in this release's sandbox, here, and those that would not run are listed: run it from the new release
    against an installation of the old one. The status is 1 when one of them is deployed.

    [bold]penstock doctor --functions --data-dir /var/lib/penstock[/]
    """
    if functions:
        _doctor_functions(Output(as_json=as_json), data_dir, address, token)
        return
    findings = asyncio.run(_examine(data_dir, nats_url))
    Output(as_json=as_json).show(
        [{"check": f.what, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings],
        table(
            ["", "CHECK", "FOUND", ""],
            (["[green]✓[/]" if f.ok else "[red]✗[/]", f.what, f.found, "" if f.ok else f.advice] for f in findings),
            empty="",
        ),
    )
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _doctor_functions(output: Output, data_dir: Path, address: str, token: str) -> None:
    # It runs the sandbox in this process, whose libraries the other checks do not need.
    from cli.functions.survival import Examined, examine, examined_text  # noqa: PLC0415

    async def run() -> list[Examined]:
        async with open_session(output, data_dir, address, token) as session:
            return await examine(session.channel)

    try:
        examined = asyncio.run(run())
    except PenstockError as error:
        output.fail(error)
        raise typer.Exit(1) from None
    except (InstallationError, FileNotFoundError) as error:
        output.fail(PenstockError(str(error), reason="NOT_RUNNING"))
        raise typer.Exit(1) from None
    output.show([each.data() for each in examined], examined_text(examined))
    if any(each.fault and each.is_deployed for each in examined):
        raise typer.Exit(1)


async def _examine(data_dir: Path, nats_url: str) -> list[Finding]:
    findings = [_python(), _nats_binary(), _engine()]
    try:
        addresses = read_addresses(data_dir)
    except InstallationError as error:
        findings.append(Finding("Installation", ok=True, found=str(error)))
    else:
        findings += [finding async for finding in _running(addresses)]
        findings.append(_owner_token(data_dir / "owner-token"))
        nats_url = nats_url or _own_nats_url(data_dir, addresses)
    if nats_url:
        findings.append(await _jetstream(nats_url))
    return findings


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(
        "Python", ok=sys.version_info >= (3, 11), found=version, advice="Penstock needs Python 3.11 or newer."
    )


def _nats_binary() -> Finding:
    try:
        path = local_nats.binary()
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("nats-server", ok=False, found=str(error), advice="Run `make setup`.")
    return Finding("nats-server", ok=True, found=f"{version.strip()} at {path}")


def _engine() -> Finding:
    if not _ENGINE.exists():
        return Finding("JavaScript engine", ok=False, found="not built", advice="Run `make setup`.")
    return Finding("JavaScript engine", ok=True, found=f"{_ENGINE.stat().st_size // 1024} KiB of WebAssembly")


async def _running(addresses: Addresses) -> AsyncGenerator[Finding]:
    advice = "See the log of `penstock up`."
    for name in ("registry", "secrets", "delivery"):
        address: str = getattr(addresses, name)
        yield _answer(name, await serving(address)(), address, advice)
    for number, address in enumerate(addresses.executors, start=1):
        yield _answer(f"executor {number}", await serving(address)(), address, advice)
    yield _answer("gateway", await answering(f"{addresses.http}/readyz")(), addresses.http, advice)
    port = int(addresses.traces.rpartition(":")[2])
    yield _answer("trace receiver", await listening(port)(), addresses.traces, advice)


def _answer(name: str, ok: bool, address: str, advice: str) -> Finding:  # noqa: FBT001
    return Finding(name, ok=ok, found=f"{'ready' if ok else 'does not answer'} at {address}", advice=advice)


def _owner_token(path: Path) -> Finding:
    mode = path.stat().st_mode & 0o777
    return Finding("Owner token", ok=mode == 0o600, found=f"{path}, mode {mode:o}", advice=f"Run `chmod 600 {path}`.")


def _own_nats_url(data_dir: Path, addresses: Addresses) -> str:
    users = json.loads((data_dir / "nats.conf").read_text())["authorization"]["users"]
    password = next(user["password"] for user in users if user["user"] == "gateway")
    return local_nats.url(addresses.nats, user="gateway", password=password)


async def _jetstream(url: str) -> Finding:
    try:
        client: Any = await cast("Any", nats).connect(url, allow_reconnect=False, connect_timeout=5)
        try:
            account = await client.jetstream().account_info()
            version = client.connected_server_version
        finally:
            await client.close()
    except (OSError, NatsError, TimeoutError) as error:
        advice = "Is the address right, the server up, and JetStream enabled (`nats-server -js`)?"
        return Finding("JetStream", ok=False, found=f"{type(error).__name__} {error}".strip(), advice=advice)
    found = f"{version.major}.{version.minor}, {account.streams} streams, messages to {client.max_payload // 1024} KiB"
    if (version.major, version.minor) < _OLDEST_NATS:
        return Finding("JetStream", ok=False, found=found, advice="Penstock needs nats-server 2.12 or newer.")
    advice = f"Set max_payload to {_MAX_PAYLOAD_BYTES // 1024} KiB in the server's configuration."
    return Finding("JetStream", ok=client.max_payload >= _MAX_PAYLOAD_BYTES, found=found, advice=advice)
