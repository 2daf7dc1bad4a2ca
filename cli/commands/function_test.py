"""`penstock functions test`: run a function in the real sandbox, without any server."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import pydantic
import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.commands.up import EgressAllow
from cli.function_files import FunctionKindOption, kind_of, read_code, read_definitions, read_json, setting_values
from cli.lazy import new_app
from cli.output import Output
from cli.session import Json
from penstock.config.v1 import config_pb2
from services.executor.canned import CannedOutside
from services.executor.local import run_function
from services.executor.network import NetworkOutside
from services.executor.outside import Outside
from services.executor.results import FunctionKind, Invocation, InvocationResult
from shared.egress import EgressClient, EgressPolicy

app = new_app()

# A webhook of a test comes to this address where the request file names none.
_DEFAULT_URL = "https://penstock.example/hooks/test"
_FORM = "application/x-www-form-urlencoded"
_KINDS = {
    config_pb2.FUNCTION_KIND_SOURCE: FunctionKind.SOURCE,
    config_pb2.FUNCTION_KIND_DESTINATION: FunctionKind.DESTINATION,
    config_pb2.FUNCTION_KIND_INSERT_DESTINATION: FunctionKind.INSERT_DESTINATION,
}


@app.command()
def run_test(
    file: Annotated[Path, typer.Argument(help="JavaScript file.", exists=True, dir_okay=False, readable=True)],
    kind: FunctionKindOption = "",
    event: Annotated[
        Path | None, typer.Option("--event", help="JSON of one event, or of an array of them for onBatch.")
    ] = None,
    request: Annotated[
        Path | None, typer.Option("--request", help="JSON of a webhook: {method, url or query, headers, body}.")
    ] = None,
    settings: Annotated[Path | None, typer.Option("--settings", help="JSON object of setting values.")] = None,
    responses: Annotated[
        Path | None,
        typer.Option(
            "--responses",
            help='JSON object of answers to requests: "METHOD url-pattern" or "*" to {status, headers, body}. '
            "Without it real requests are made.",
        ),
    ] = None,
    egress_allow: EgressAllow = "",
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Run a function in the same sandbox as in production, without any server, and print what happened.

    Ends with status 0 when the handler finished, 1 when it threw, 2 for bad usage.

    [bold]penstock functions test crm.js --event order.json --settings settings.json --responses answers.json[/]
    """
    code = read_code(file)
    function_kind = _KINDS[kind_of(kind, code)]
    invocation = _invocation(function_kind, event, request)
    values = setting_values(read_definitions(file, None), _object(settings) if settings else {})
    canned = _canned(responses) if responses else None
    result = asyncio.run(_run(code, function_kind, invocation, values, canned, egress_allow))
    Output(as_json=as_json).show(_to_json(result), Group(*_as_text(result)))
    if result.error:
        raise typer.Exit(1)


async def _run(
    code: str,
    kind: FunctionKind,
    invocation: Invocation,
    settings: dict[str, Any],
    canned: CannedOutside | None,
    egress_allow: str,
) -> InvocationResult:
    async with _outside(canned, egress_allow) as outside:
        return await run_function(
            code=code,
            kind=kind,
            invocation=invocation,
            outside=outside,
            cache_dir=_cache_dir(),
            settings=json.dumps(settings).encode(),
        )


@asynccontextmanager
async def _outside(canned: CannedOutside | None, egress_allow: str) -> AsyncGenerator[Outside]:
    if canned:
        yield canned
        return
    try:
        policy = EgressPolicy.parse(egress_allow)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--egress-allow") from None
    async with EgressClient(policy=policy) as client:
        yield NetworkOutside(client)


def _cache_dir() -> Path:
    """Compiled images are kept where caches of this user are, so that the second test starts at once."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "penstock"


def _invocation(kind: FunctionKind, event: Path | None, request: Path | None) -> Invocation:
    if kind is FunctionKind.SOURCE:
        if not request or event:
            raise typer.BadParameter("A source function is tried with a request.", param_hint="--request")
        return Invocation(payload=json.dumps(_webhook(request)).encode(), handler="onRequest")
    if not event or request:
        raise typer.BadParameter("This function is tried with an event.", param_hint="--event")
    payload = read_json(event)
    if not isinstance(payload, dict | list):
        raise typer.BadParameter(f"{event} holds neither an event nor an array of events.", param_hint="--event")
    return Invocation(payload=json.dumps(payload).encode(), handler="onBatch" if isinstance(payload, list) else "")


class _Webhook(pydantic.BaseModel):
    """A request file. A body that is no text is sent as the content type says, as JSON by default."""

    model_config = pydantic.ConfigDict(extra="forbid")

    method: str = "POST"
    url: str = _DEFAULT_URL
    query: dict[str, str | list[str]] | str = {}
    headers: dict[str, str] = {}
    body: pydantic.JsonValue = ""


def _webhook(path: Path) -> dict[str, Any]:
    try:
        request = _Webhook.model_validate(_object(path))
    except pydantic.ValidationError as error:
        raise _bad_input(path, error, "--request") from None
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = request.body
    if isinstance(body, dict) and headers.get("content-type", "").startswith(_FORM):
        body = urlencode(body, doseq=True)
    elif not isinstance(body, str):
        headers.setdefault("content-type", "application/json")
        body = json.dumps(body)
    query = request.query if isinstance(request.query, str) else urlencode(request.query, doseq=True)
    url = f"{request.url}?{query}" if query else request.url
    return {"method": request.method, "url": url, "headers": list(headers.items()), "body": body}


def _canned(path: Path) -> CannedOutside:
    try:
        return CannedOutside(_object(path))
    except pydantic.ValidationError as error:
        raise _bad_input(path, error, "--responses") from None


def _bad_input(path: Path, error: pydantic.ValidationError, option: str) -> typer.BadParameter:
    first = error.errors()[0]
    place = " → ".join(str(part) for part in first["loc"])
    return typer.BadParameter(f"{path}: {place}: {first['msg']}.", param_hint=option)


def _object(path: Path) -> dict[str, Any]:
    data = read_json(path)
    if not isinstance(data, dict):
        raise typer.BadParameter(f"{path} is not a JSON object.")
    return cast("dict[str, Any]", data)


def _to_json(result: InvocationResult) -> dict[str, Any]:
    error = result.error
    return {
        "returned": json.loads(result.returned) if result.returned else None,
        "messages": [json.loads(message) for message in result.messages],
        "objects": [json.loads(each) for each in result.objects],
        "logs": [{"time_ms": line.time_ms, "level": line.level, "text": line.text} for line in result.logs],
        "requests": [
            {
                "method": request.method,
                "url": request.url,
                "headers": dict(request.headers),
                "body": request.body.decode(errors="replace"),
                "status": request.status,
            }
            for request in result.requests
        ],
        "error": error and {"kind": error.kind, "name": error.name, "message": error.message, "stack": error.stack},
        "usage": {
            "wall_ms": round(result.usage.wall_s * 1000, 3),
            "fuel": result.usage.fuel,
            "memory_bytes": result.usage.memory_bytes,
        },
    }


def _as_text(result: InvocationResult) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if result.error:
        parts.append(Text(f"✗ {result.error.kind}", style="bold red"))
        parts.append(Text(result.error.stack or f"{result.error.name}: {result.error.message}", style="red"))
    else:
        parts.append(Text("✓ finished", style="bold green"))
        parts += _section("Returned", [result.returned.decode()] if result.returned else [])
    parts += _section("Messages", [_pretty(message) for message in result.messages])
    parts += _section("Objects", [_pretty(each) for each in result.objects])
    parts += _section(
        "Requests",
        [
            f"{r.method} {r.url} → {r.status or r.error_code}\n{r.body.decode(errors='replace')}".rstrip()
            for r in result.requests
        ],
    )
    parts += _section("Logs", [f"{line.level:<5} {line.text}" for line in result.logs])
    usage = result.usage
    parts.append(
        Text(
            f"\n{usage.wall_s * 1000:.1f} ms   {usage.fuel:,} fuel   {usage.memory_bytes / 2**20:.1f} MiB",
            style="dim",
        )
    )
    return parts


def _section(title: str, lines: list[str]) -> list[RenderableType]:
    return [Text(f"\n{title}", style="bold"), *(Text(line) for line in lines)] if lines else []


def _pretty(data: bytes) -> str:
    return json.dumps(json.loads(data), indent=2, ensure_ascii=False)
