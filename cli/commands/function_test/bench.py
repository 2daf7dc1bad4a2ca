"""The executor in this process, and the world of a single run."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pydantic
import typer

from cli.commands.function_test.inputs import bad_input, read_object
from services.executor.canned import CannedOutside
from services.executor.executor import Executor, Program, digest_of
from services.executor.local import SHOWN_BYTES, make_executor
from services.executor.network import NetworkOutside
from services.executor.outside import Outside
from services.executor.pool import SandboxPool
from services.executor.results import FunctionKind, Limits
from shared.egress import EgressClient, EgressPolicy


def make_bench(outside: Outside) -> Executor:
    """Give an executor. Compiled images stay where caches of this user are, so that the second test starts at once."""
    base = os.environ.get("XDG_CACHE_HOME")
    cache_dir = (Path(base) if base else Path.home() / ".cache") / "penstock"
    return make_executor(cache_dir=cache_dir, outside=outside, pool=SandboxPool(per_key=1, idle=1))


def program_of(code: str, kind: FunctionKind, settings: dict[str, Any], *, warm: bool = False) -> Program:
    """Give what to run; `warm` keeps the sandbox for the next event. Credentials are shown to who asks: his own."""
    return Program(
        key=object(),
        code=code,
        digest=digest_of(code),
        kind=kind,
        settings=json.dumps(settings).encode(),
        limits=Limits(shown_bytes=SHOWN_BYTES),
        once=not warm,
        masker=None,
    )


@asynccontextmanager
async def outside_of(responses: Path | None, egress_allow: str) -> AsyncGenerator[Outside]:
    """Give answers from a file, without one the network. Raises typer.BadParameter."""
    if responses:
        try:
            yield CannedOutside(read_object(responses))
        except pydantic.ValidationError as error:
            raise bad_input(responses, error, "--responses") from None
        return
    try:
        policy = EgressPolicy.parse(egress_allow)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--egress-allow") from None
    async with EgressClient(policy=policy) as client:
        yield NetworkOutside(client)
