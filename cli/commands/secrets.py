"""`penstock secrets`: the keys that encrypt sensitive settings, and who was given their values."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command
from penstock.secrets.v1 import access_service_pb2, access_service_pb2_grpc, key_service_pb2, key_service_pb2_grpc
from shared.errors import FailedPrecondition

app = new_app(
    "See and change the keys that encrypt sensitive settings, and see who was given the values.\n\n"
    "Rotate the key while everything runs: [bold]penstock secrets rotate[/], then [bold]penstock secrets retire[/]."
)

_LOOK_EVERY_S = 0.2


@app.command("status")
@command
async def status(session: Session) -> None:
    """Show which keys there are, how many values each encrypts, and how far a rotation is."""
    found = await _keys(session).GetKeys(key_service_pb2.GetKeysRequest())
    session.output.show(as_dict(found), _shown(found))


@app.command("rotate")
@command
async def rotate(
    session: Session,
    wait: Annotated[  # noqa: FBT002 Typer passes by name
        bool, typer.Option("--wait/--no-wait", help="Wait until all values are encrypted anew.")
    ] = True,
) -> None:
    """Make a new key and encrypt all values anew, while they are read and written.

    With a key in a KMS, its current version encrypts them: rotate the key there first. The keys of before stay until
    `penstock secrets retire`.
    """
    begun = await _keys(session).RotateKeys(key_service_pb2.RotateKeysRequest())
    if wait:
        await _until_done(session)
    now = await _keys(session).GetKeys(key_service_pb2.GetKeysRequest())
    session.output.show(
        as_dict(now), f"New values are encrypted under [bold]{escape(begun.key_id)}[/]; {_progress(now)}"
    )


@app.command("retire")
@command
async def retire(session: Session, yes: Yes = False) -> None:  # noqa: FBT002 Typer passes by name
    """Remove the keys that encrypt no value any more.

    Copies of the database from before the rotation cannot be read without them: keep a copy of the keyset with those.
    """
    confirm(session, "Remove the keys that encrypt nothing? Older copies of the database need them.", yes=yes)
    removed = await _retired(session)
    told = f"Removed {', '.join(removed.key_ids)}." if removed.key_ids else "No key is without values."
    session.output.show(as_dict(removed), told)


@app.command("accesses")
@command
async def accesses(
    session: Session,
    instance: Annotated[str, typer.Option("--instance", help="Only to the values of this instance, `ins_…`.")] = "",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """Show who was given the values of sensitive settings, the latest first."""
    request = access_service_pb2.ListSecretAccessesRequest(page_size=count, instance_id=instance)
    answer = await access_service_pb2_grpc.SecretAccessServiceStub(session.channel).ListSecretAccesses(request)
    session.output.show(
        [as_dict(each) for each in answer.accesses],
        table(
            ["TIME", "WHO", "INSTANCE", "VALUES"],
            ([a.time.ToJsonString(), a.service, a.instance_id, str(a.values)] for a in answer.accesses),
            empty="No value of a sensitive setting was given to anybody yet.",
            numbers=["VALUES"],
        ),
    )


def _keys(session: Session) -> key_service_pb2_grpc.KeyServiceAsyncStub:
    return key_service_pb2_grpc.KeyServiceStub(session.channel)


async def _until_done(session: Session) -> None:
    columns = TextColumn("Encrypting anew"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=session.output.errors, disable=session.output.as_json, transient=True) as progress:
        task = progress.add_task("")
        while True:
            now = await _keys(session).GetKeys(key_service_pb2.GetKeysRequest())
            progress.update(task, total=now.values, completed=now.values - now.waiting)
            if now.HasField("rotation_finish_time") or now.trouble:
                return
            await asyncio.sleep(_LOOK_EVERY_S)


async def _retired(session: Session) -> key_service_pb2.RetireKeysResponse:
    while True:
        try:
            return await _keys(session).RetireKeys(key_service_pb2.RetireKeysRequest())
        except FailedPrecondition as error:
            if not error.retry_delay_s:
                raise
            session.output.errors.print(f"[dim]{escape(error.message)}[/]", highlight=False)
            await asyncio.sleep(error.retry_delay_s)


def _shown(found: key_service_pb2.GetKeysResponse) -> RenderableType:
    rows = table(
        ["KEY", "VALUES", ""],
        ([escape(key.key_id or "not recorded"), str(key.values), _note(key)] for key in found.keys),
        empty="There is no key.",
        numbers=["VALUES"],
    )
    return Group(rows, "", _progress(found))


def _note(key: key_service_pb2.EncryptionKey) -> str:
    if key.primary:
        return "[green]encrypts[/]"
    return "decrypts" if key.configured else "[red]not configured[/]"


def _progress(found: key_service_pb2.GetKeysResponse) -> str:
    told = f"{found.values - found.waiting} of {found.values} values are encrypted as they should be."
    return f"{told} [red]{escape(found.trouble)}[/]" if found.trouble else told
