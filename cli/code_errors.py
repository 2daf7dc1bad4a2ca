"""Faults of code, shown where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import Output
from penstock.executor.v1 import executor_service_pb2, result_pb2
from services.executor.results import FunctionError
from services.executor.source import AUTHOR_FILE


@dataclass(frozen=True, slots=True)
class SourceFault:
    """What is wrong in a file; line and column count from 1, 0 when unknown, `source_line` is what stands there."""

    name: str
    message: str
    file: str
    line: int = 0
    column: int = 0
    source_line: str = ""


class SourceFaultsError(Exception):
    """What an author wrote cannot become a function."""

    def __init__(self, faults: Sequence[SourceFault]) -> None:
        super().__init__("; ".join(f"{fault.file}:{fault.line}: {fault.message}" for fault in faults))
        self.faults = faults


def fault_of_code(error: executor_service_pb2.CodeError, path: Path) -> SourceFault:
    """Give the fault that a check found in the function at a path, with the file as it is called from here."""
    folder = path if path.is_dir() else path.parent
    file = path if error.file in ("", AUTHOR_FILE) else folder / error.file
    return SourceFault(error.name, error.message, str(file), error.line, error.column, error.source_line)


def show_faults(output: Output, faults: Sequence[SourceFault]) -> None:
    """Print file, line and column, the line itself and a mark under the column; JSON of the first with `--json`."""
    if output.as_json:
        output.show({"error": {"reason": "INVALID_CODE", **asdict(faults[0])}}, "")
        return
    for fault in faults:
        place = f"{fault.file}:{fault.line}:{fault.column}" if fault.line else fault.file
        shown = Text(f"{place}: {fault.name}: {fault.message}", style="bold red")
        output.errors.print(Group(shown, *source_excerpt(fault.line, fault.column, fault.source_line)), soft_wrap=True)


def source_excerpt(line: int, column: int, text: str) -> list[RenderableType]:
    """Show a line of a source with a mark under the column; nothing where the text is not known."""
    if not line or not text:
        return []
    # The mark stands under what tabs before it make of the line.
    before = "".join("\t" if each == "\t" else " " * cell_len(each) for each in text[: max(column, 1) - 1])
    shown: list[RenderableType] = [Text(f"{line:>5} │ {text}")]
    if column <= len(text) + 1:
        shown.append(Text(f"      │ {before}^", style="red"))
    return shown


def error_lines(
    error: result_pb2.FunctionError | FunctionError, *, own_file: str = AUTHOR_FILE
) -> list[RenderableType]:
    """Show what a function threw: name and message, the author's line, then the frames.

    `own_file` is what the author calls the file of a function that is one file of JavaScript.
    """
    head = f"{error.name}: {error.message}"
    shown: list[RenderableType] = [Text(head, style="bold red")]
    if error.file:
        file = own_file if error.file == AUTHOR_FILE else error.file
        shown.append(Text(f"  {file}:{error.line}:{error.column}"))
    shown += source_excerpt(error.line, error.column, error.source_line)
    frames = error.stack.removeprefix(head).strip("\n").replace(f"{AUTHOR_FILE}:", f"{own_file}:")
    return [*shown, Text(frames, style="dim")] if frames else shown
