"""`--record` and `--replay`: a run with its record, and the same run again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import typer

from cli.commands.function_test.bench import make_bench, program_of
from cli.commands.function_test.function import Function
from services.executor.canned import CannedOutside
from services.executor.recording import record as records
from services.executor.recording.replayer import ReplayMismatchError
from services.executor.recording.runs import run_again
from services.executor.results import InvocationResult


def replay(function: Function, file: Path, settings: dict[str, Any]) -> tuple[InvocationResult, dict[str, Any]]:
    """Run a record again; give the result, and what `--json` tells of the replay.

    Raises typer.BadParameter for a record that cannot be replayed here.
    """
    try:
        record = records.read(file.read_text(encoding="utf-8"))
        program = program_of(function.code, record.kind, {})
        executor = make_bench(CannedOutside({}))
        result, differs = asyncio.run(run_again(executor, program, record, settings=settings))
    except (ValueError, OSError) as error:
        raise typer.BadParameter(f"{file} cannot be replayed: {error}.", param_hint="--replay") from None
    except ReplayMismatchError as error:
        raise typer.BadParameter(f"This is not the run of {file}: {error}.", param_hint="--replay") from None
    return result, {"identical": not differs, "differs": differs, "earlier_events": record.earlier_events}


def replay_text(replayed: dict[str, Any]) -> str:
    """Say how the replay compares with the recorded run."""
    if replayed["identical"]:
        return "\nThe same as recorded: what it returned, sent and logged, and its fuel."
    text = f"\nNot as recorded: {', '.join(replayed['differs'])}."
    if replayed["earlier_events"]:
        text += (
            f" In the recorded run's sandbox {replayed['earlier_events']:,} events had run before; this one is fresh."
        )
    return text


def save(record: records.Record, file: Path) -> None:
    """Write a record, readable by its owner alone. Raises typer.BadParameter."""
    try:
        file.touch(mode=0o600)
        file.write_text(records.write(record), encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}.", param_hint="--record") from None
