"""The command: its options, and which way of trying a function they ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from cli.commands.function_test.bench import make_bench, outside_of, program_of
from cli.commands.function_test.cases import folder_of, read_cases
from cli.commands.function_test.function import Function, files_of
from cli.commands.function_test.inputs import read_invocation, read_object, unknown_type
from cli.commands.function_test.records import replay, replay_text, save
from cli.commands.function_test.showing import as_json, as_text
from cli.commands.function_test.suite import run_suite, suite_json, suite_text, update
from cli.commands.function_test.watching import watch
from cli.commands.up import EgressAllow
from cli.function_files import FunctionKindOption, FunctionPath
from cli.lazy import new_app
from cli.output import Output
from cli.session import Json
from services.executor.recording.record import Record
from services.executor.recording.runs import run_recorded
from services.executor.results import Invocation, InvocationResult

app = new_app()

_ONCE = "One run"
_SUITE = "Unit tests"
_RECORDS = "Record and replay"


@dataclass(frozen=True, slots=True)
class _Options:
    file: Path
    kind: str
    event: Path | None
    request: Path | None
    settings: Path | None
    responses: Path | None
    egress_allow: str
    cases: Path | None
    update: bool
    record: Path | None
    replay: Path | None
    output: Output

    @property
    def folder(self) -> Path | None:
        """The cases to run: those named, else those found beside the function if no other run is asked for."""
        if self.cases or self.event or self.request or self.replay:
            return self.cases
        return folder_of(self.file)


@app.command()
def run_test(
    file: FunctionPath,
    kind: FunctionKindOption = "",
    event: Annotated[
        Path | None,
        typer.Option("--event", help="JSON of one event, or of an array of them for onBatch.", rich_help_panel=_ONCE),
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(
            "--request", help="JSON of a webhook: {method, url or query, headers, body}.", rich_help_panel=_ONCE
        ),
    ] = None,
    settings: Annotated[Path | None, typer.Option("--settings", help="JSON object of setting values.")] = None,
    responses: Annotated[
        Path | None,
        typer.Option(
            "--responses",
            help='JSON object of answers to requests: "METHOD url-pattern" or "*" to {status, headers, body}. '
            "Without it real requests are made, but by cases.",
        ),
    ] = None,
    egress_allow: EgressAllow = "",
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases",
            help="Folder of cases, *.json: {event | events | request, settings, responses, now, seed, expected}. "
            "Without --event and --request NAME.tests/ or tests/ beside FILE, if there is one.",
            exists=True,
            rich_help_panel=_SUITE,
        ),
    ] = None,
    update_expected: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--update", help="Write what came into the cases as what is expected.", rich_help_panel=_SUITE),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", help="Write all that the run got from outside to this file.", rich_help_panel=_RECORDS
        ),
    ] = None,
    replay_file: Annotated[
        Path | None,
        typer.Option(
            "--replay",
            help="Run a record again, bit for bit; --settings gives the sensitive settings, which it does not hold.",
            exists=True,
            dir_okay=False,
            rich_help_panel=_RECORDS,
        ),
    ] = None,
    watching: Annotated[bool, typer.Option("--watch", help="Run again when a file changes.")] = False,  # noqa: FBT002
    as_json_: Json = False,  # noqa: FBT002
) -> None:
    """Run a function in the same sandbox as in production, without any server, and print what happened.

    Ends with status 0 when the handler finished or all cases passed, 1 when it threw, a case failed or a replay was
    another run, 2 for bad usage.

    [bold]penstock functions test crm.js --event order.json --settings settings.json --responses answers.json[/]

    [bold]penstock functions test crm.js --cases tests/ --watch[/]

    [bold]penstock functions test crm.js --event order.json --record run.json[/] and then [bold]--replay run.json[/]
    """
    options = _Options(
        file, kind, event, request, settings, responses, egress_allow, cases, update_expected, record, replay_file,
        Output(as_json=as_json_),
    )  # fmt: skip
    _refuse_contradictions(options)
    if watching:
        watch(lambda: _run(options), lambda: _files(options), options.output)
    elif not _run(options):
        raise typer.Exit(1)


def _refuse_contradictions(options: _Options) -> None:
    one_run = bool(options.event or options.request)
    if bool(options.cases) + bool(options.replay) + one_run > 1:
        raise typer.BadParameter("An event or request, --cases and --replay exclude each other.")
    if options.update and not options.folder:
        raise typer.BadParameter("There are no cases to update.", param_hint="--update")
    if options.record and (options.folder or options.replay):
        raise typer.BadParameter("One run is recorded: with --event or --request.", param_hint="--record")


def _run(options: _Options) -> bool:
    """Run once what is asked for, print it, and tell whether all is well."""
    function = Function.read(options.file, options.kind, options.output)
    if options.folder:
        return _run_suite(options, function, options.folder)
    if options.replay:
        return _run_replay(options, function, options.replay)
    result = asyncio.run(_run_event(options, function))
    options.output.show(as_json(result), Group(*as_text(result, function.file.name)))
    return result.error is None


async def _run_event(options: _Options, function: Function) -> InvocationResult:
    invocation = read_invocation(function.kind, options.event, options.request)
    _warn_of_types(options.output, options.event, [invocation])
    values = function.values(read_object(options.settings))
    program = program_of(function.code, function.kind, values)
    async with outside_of(options.responses, options.egress_allow) as outside:
        executor = make_bench(outside)
        if not options.record:
            return await executor.run(program, invocation)
        sensitive = function.sensitive(values)
        result, record = await run_recorded(executor, program, invocation, outside=outside, sensitive=sensitive)
    _save(options, function, record, options.record)
    return result


def _warn_of_types(output: Output, file: Path | None, invocations: list[Invocation]) -> None:
    for text in filter(None, map(unknown_type, invocations)):
        output.errors.print(Text(f"{file}: {text}.", style="yellow"))


def _save(options: _Options, function: Function, record: Record, file: Path) -> None:
    save(record, file)
    if record.settings and not function.definitions:
        text = f"Nothing defines which settings are sensitive: {file} holds the values of all of them."
        options.output.errors.print(Text(text, style="yellow"))


def _run_suite(options: _Options, function: Function, folder: Path) -> bool:
    given, answers = read_object(options.settings), read_object(options.responses)
    cases = read_cases(folder, function, settings=given, responses=answers)
    for each in cases:
        _warn_of_types(options.output, each.file, each.invocations)
    results = asyncio.run(run_suite(function, cases))
    options.output.show(suite_json(results), Group(*suite_text(results, function.file.name)))
    if not options.update:
        return all(each.passed for each in results)
    written = [each.case.file.name for each in results if update(each)]
    options.output.errors.print(Text(f"Written: {', '.join(written) or 'nothing'}", style="yellow"))
    return True


def _run_replay(options: _Options, function: Function, file: Path) -> bool:
    result, replayed = replay(function, file, read_object(options.settings))
    style = "bold green" if replayed["identical"] else "bold red"
    text = Group(*as_text(result, function.file.name), Text(replay_text(replayed), style=style))
    options.output.show({**as_json(result), "replay": replayed}, text)
    return result.error is None and replayed["identical"]


def _files(options: _Options) -> Iterator[Path]:
    yield from files_of(options.file)
    given = (options.event, options.request, options.settings, options.responses, options.replay)
    yield from (file for file in given if file)
    if folder := options.folder:
        yield folder
        yield from folder.glob("*.json")
