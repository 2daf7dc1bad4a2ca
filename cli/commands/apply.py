"""`penstock apply`: make a workspace equal to a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.markup import escape
from rich.text import Text

from cli.apply.execute import Executor
from cli.apply.folder import Folder, read_folder
from cli.apply.plan import SET, Action, Plan, Verb, make_plan
from cli.apply.showing import kept_text, name_of, plan_data, plan_text
from cli.apply.state import Key, Kind
from cli.apply.workspace import Workspace
from cli.code_errors import fault_of_code, show_faults
from cli.confirming import Yes, confirm
from cli.lazy import new_app
from cli.session import Session, command
from penstock.registry.v1 import function_pb2
from shared.errors import Aborted, FailedPrecondition, InvalidArgument, PenstockError

app = new_app()

# As `diff` does: 0 for no difference, 1 for trouble.
_WOULD_CHANGE = 2
_DONE = {Verb.CREATE: "Created", Verb.CHANGE: "Changed", Verb.DEPLOY: "Deployed", Verb.DELETE: "Deleted"}


@dataclass(slots=True)
class _Told:
    """What `--json` prints in the end, also of what was done before a failure."""

    plan: Plan
    done: list[str] = field(default_factory=list[str])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def data(self) -> dict[str, Any]:
        return {**plan_data(self.plan), "done": self.done, "tokens": self.tokens}


@app.command()
@command
async def apply(
    session: Session,
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder with functions/, sources.toml, destinations.toml.", metavar="DIR", exists=True, file_okay=False
        ),
    ],
    prune: Annotated[bool, typer.Option("--prune", help="Delete what is not declared.")] = False,  # noqa: FBT002
    dry_run: Annotated[  # noqa: FBT002
        bool, typer.Option("--dry-run", help="Show the plan alone; status 2 when there is something to do.")
    ] = False,
    secrets: Annotated[  # noqa: FBT002
        bool, typer.Option("--secrets", help="Set all secrets again: a new value cannot be told from the old one.")
    ] = False,
    yes: Yes = False,  # noqa: FBT002 Typer passes by name
) -> None:
    """Make the workspace equal to a folder of functions, sources, destinations, filters, inserts and connections.

    Shows the plan, asks, and does it; what was interrupted goes on when it is run again. Nothing is deleted without
    --prune. Events flow to a new destination when its filters and its insert function are in place.

    [bold]penstock apply examples/workspace --dry-run[/]
    """
    try:
        declared = read_folder(folder, session.output)
    except typer.BadParameter as error:
        # Not the status of wrong usage, which is that of a dry run with changes.
        raise InvalidArgument(error.message, reason="INVALID_FOLDER") from None
    there = await Workspace.read(session.channel)
    plan = make_plan(declared.state, there.state(), prune=prune, renew=secrets)
    if plan.conflicts:
        raise FailedPrecondition("\n".join(plan.conflicts), reason="CONFLICT")
    told = _Told(plan)
    if not plan.actions:
        session.output.show(told.data(), Group(Text("Nothing to do."), *kept_text(plan)))
        return
    if dry_run:
        session.output.show(told.data(), Group(*plan_text(plan)))
        raise typer.Exit(_WOULD_CHANGE)
    values = _secrets(declared, plan)
    if not session.output.as_json:
        session.output.console.print(Group(*plan_text(plan)))
    confirm(session, "Do this?", yes=yes)
    await _do(session, declared, there, values, told)


async def _do(
    session: Session, folder: Folder, there: Workspace, secrets: Mapping[tuple[Kind, Key, str], str], told: _Told
) -> None:
    def on_token(source: str, token: str) -> None:
        told.tokens[source] = token
        if not session.output.as_json:
            _show_token(session, folder, source, token)

    executor = Executor(session.channel, folder, there, secrets=secrets, on_token=on_token)
    for action in told.plan.actions:
        try:
            await executor.do(action)
        except PenstockError as error:
            _fail(session, folder, action, error, told)
        told.done.append(f"{action.verb} {name_of(action.kind, action.key)}")
        if not session.output.as_json:
            done = f"{_DONE[action.verb]} {name_of(action.kind, action.key)}"
            session.output.console.print(Text(done), soft_wrap=True)
    session.output.show(told.data(), "[bold green]Done.[/]")


def _secrets(folder: Folder, plan: Plan) -> dict[tuple[Kind, Key, str], str]:
    """Read the secrets that the plan sets. Raises FailedPrecondition that names all that are not there."""
    found: dict[tuple[Kind, Key, str], str] = {}
    missing: list[str] = []
    for action in plan.actions:
        for change in action.changes:
            place = (action.kind, action.key, change.field.removeprefix("settings."))
            if change.after != SET or place not in folder.references:
                continue
            try:
                found[place] = folder.references[place].resolve()
            except LookupError as error:
                missing.append(f"{change.field} of {name_of(action.kind, action.key)}: {error}")
    if missing:
        raise FailedPrecondition("Secrets are missing, and nothing was done:\n  " + "\n  ".join(missing))
    return found


def _show_token(session: Session, folder: Folder, source: str, token: str) -> None:
    runs = folder.state.sources[(source,)].function
    base = session.addresses.http if session.addresses else "https://<gateway>"
    opens = f"Webhook URL  {base}/hooks/{token}" if runs else f"Write key    {token}"
    session.output.console.print(
        f"Source [bold]{escape(source)}[/]\n  {opens}\n  [dim]Keep it: it is not shown again.[/]", soft_wrap=True
    )


def _fail(session: Session, folder: Folder, action: Action, error: PenstockError, told: _Told) -> None:
    """Tell what went wrong where, and how to go on."""
    name = name_of(action.kind, action.key)
    invalid = error.detail(function_pb2.InvalidCode)
    if session.output.as_json:
        session.output.show(told.data(), "")
    elif invalid is not None:
        show_faults(session.output, [fault_of_code(invalid.error, folder.functions[action.key[0]].source.path)])
    why = error.message
    if isinstance(error, Aborted):
        why = "somebody else has changed it meanwhile; run apply again to see what is left to do."
    left = len(told.plan.actions) - len(told.done)
    raise type(error)(
        f"{action.verb} {name}: {why}\n{len(told.done)} steps are done, {left} are left: run it again to go on.",
        reason=error.reason,
        violations=error.violations,
    ) from None
