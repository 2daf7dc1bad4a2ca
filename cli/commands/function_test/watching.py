"""`--watch`: again and again, whenever a file has changed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from cli.output import Output

# Looking at the times of a few files takes microseconds, works on every file system, and sees files come and go.
_POLL_S = 0.2


def watch(run: Callable[[], object], files: Callable[[], Iterable[Path]], output: Output) -> None:
    """Call `run` now and after each change of the files, until Ctrl-C. What is wrong with the files is printed."""
    with suppress(KeyboardInterrupt), _interruptible() as is_interrupted:
        while not is_interrupted():
            before = _state(files())
            output.console.clear()
            _print_faults(run, output.errors)
            output.errors.print(Text("\nWaiting for changes; Ctrl-C ends.", style="dim"))
            while _state(files()) == before and not is_interrupted():
                time.sleep(_POLL_S)


@contextmanager
def _interruptible() -> Generator[Callable[[], bool]]:
    """Remember Ctrl-C: Python drops the exception where it meets a finalizer, or a callback from the sandbox."""
    interrupts: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        interrupts.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield lambda: bool(interrupts)
    finally:
        signal.signal(signal.SIGINT, before)


def _print_faults(run: Callable[[], object], console: Console) -> None:
    try:
        run()
    except typer.Exit:
        pass
    except typer.BadParameter as error:
        console.print(Text(f"✗ {error.format_message()}", style="red"))
    except OSError as error:
        # Editors take a file away for a moment.
        console.print(Text(f"✗ {error.filename} cannot be read: {error.strerror}", style="red"))


def _state(files: Iterable[Path]) -> dict[Path, tuple[int, int, int]]:
    found: dict[Path, tuple[int, int, int]] = {}
    for file in files:
        with suppress(OSError):
            status = file.stat()
            found[file] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found
