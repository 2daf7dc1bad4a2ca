"""What every command of the management side needs: where Penstock is, who asks, and how to answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import grpc
import typer

from cli.local.addresses import Addresses, InstallationError, read_addresses
from cli.output import Output
from shared.errors import PenstockError
from shared.rpc.client import connect

P = ParamSpec("P")

DataDir = Annotated[
    Path,
    typer.Option(
        "--data-dir",
        envvar="PENSTOCK_DATA_DIR",
        help="Data directory of the installation.",
        rich_help_panel="Installation",
    ),
]
Address = Annotated[
    str,
    typer.Option(
        "--address",
        envvar="PENSTOCK_ADDRESS",
        help="gRPC address of the gateway, when it runs elsewhere.",
        rich_help_panel="Installation",
    ),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="PENSTOCK_TOKEN",
        help="API token; by default the owner's, read from the data directory.",
        rich_help_panel="Installation",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

# The first call of a command may wait for a gateway that is just starting.
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """A connection to the gateway as the holder of a token."""

    channel: grpc.aio.Channel
    output: Output
    data_dir: Path
    addresses: Addresses | None


def command(function: Callable[Concatenate[Session, P], Awaitable[None]]) -> Callable[..., None]:
    """Make a command of an async function: it gets a Session, and the options to find the installation with.

    Errors of Penstock are printed without a traceback, and end the command with status 1.
    """

    def run(
        data_dir: Path,
        address: str,
        token: str,
        as_json: bool,  # noqa: FBT001 Typer passes by name
        **arguments: Any,
    ) -> None:
        output = Output(as_json=as_json)
        asyncio.run(_run(function, output, data_dir, address, token, arguments))

    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    common = [
        inspect.Parameter("data_dir", keyword, default=Path(".penstock"), annotation=DataDir),
        inspect.Parameter("address", keyword, default="", annotation=Address),
        inspect.Parameter("token", keyword, default="", annotation=Token),
        inspect.Parameter("as_json", keyword, default=False, annotation=Json),
    ]
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__signature__ = inspect.Signature([*(p.replace(kind=keyword) for p in own), *common])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in [*own, *common]}
    return run


async def _run(
    function: Callable[..., Awaitable[None]], output: Output, data_dir: Path, address: str, token: str, arguments: Any
) -> None:
    try:
        async with open_session(output, data_dir, address, token) as session:
            await function(session, **arguments)
    except PenstockError as error:
        output.fail(error)
        raise typer.Exit(1) from None
    except InstallationError as error:
        output.fail(PenstockError(str(error), reason="NOT_RUNNING"))
        raise typer.Exit(1) from None


@asynccontextmanager
async def open_session(output: Output, data_dir: Path, address: str, token: str) -> AsyncGenerator[Session]:
    """Connect to the gateway of a data directory, or at an address. Raises InstallationError when there is none."""
    addresses = None if address else read_addresses(data_dir)
    async with connect(
        address or (addresses.grpc if addresses else ""),
        token=token or _owner_token(data_dir),
        timeout_s=_TIMEOUT_S,
    ) as channel:
        yield Session(channel, output, data_dir, addresses)


def _owner_token(data_dir: Path) -> str:
    try:
        return (data_dir / "owner-token").read_text().strip()
    except FileNotFoundError:
        raise InstallationError(
            f"{data_dir} holds no owner token. Give a token with --token or PENSTOCK_TOKEN."
        ) from None
