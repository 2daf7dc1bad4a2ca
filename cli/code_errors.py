"""Faults of code, shown where they stand."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text

from cli.output import Output
from penstock.executor.v1 import executor_service_pb2


def show_code_error(output: Output, error: executor_service_pb2.CodeError, *, code: str, file: str) -> None:
    """Print file, line and column, the line itself and a mark under the column; JSON with `--json`."""
    place = f"{file}:{error.line}:{error.column}" if error.line else file
    if output.as_json:
        fault = {"name": error.name, "message": error.message, "line": error.line, "column": error.column}
        output.show({"error": {"reason": "INVALID_CODE", "file": file, **fault}}, "")
        return
    shown = [Text(f"{place}: {error.name}: {error.message}", style="bold red")]
    lines = code.splitlines()
    if 0 < error.line <= len(lines):
        shown.append(Text(f"{error.line:>5} │ {lines[error.line - 1]}"))
        shown.append(Text("      │ " + " " * (max(error.column, 1) - 1) + "^", style="red"))
    output.errors.print(Group(*shown))
