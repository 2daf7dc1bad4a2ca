"""The supervisor over real child processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from cli.local.child import ChildSpec
from cli.local.supervisor import StartError, Supervisor
from tests.polling import until

SLEEPS = "import pathlib, sys, time; print('hello', flush=True); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
FAILS = "import sys; print('no such database', flush=True); sys.exit(3)"


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.events: list[str] = []
        self.supervisor = Supervisor(on_line=lambda *line: self.lines.append(line), on_event=self.events.append)


def spec(name: str, program: str, mark: Path) -> ChildSpec:
    async def ready() -> bool:
        return mark.exists()

    return ChildSpec(name, [sys.executable, "-c", program, str(mark)], dict(os.environ), ready)


async def test_children_start_in_order_and_end_in_reverse(tmp_path: Path) -> None:
    told = Told()
    specs = [[spec(name, SLEEPS, tmp_path / name)] for name in ("first", "second")]
    async with told.supervisor.running(specs):
        pids = told.supervisor.pids()
        assert [name for name, _ in told.lines] == ["first", "second"]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())
    assert told.events == []


async def test_a_child_that_dies_while_starting_is_told_with_its_last_lines(tmp_path: Path) -> None:
    told = Told()
    specs = [[spec("first", SLEEPS, tmp_path / "first")], [spec("second", FAILS, tmp_path / "second")]]
    with pytest.raises(StartError, match=r"second ended while starting: exit status 3") as caught:
        async with told.supervisor.running(specs):
            pytest.fail("it must not run")
    assert caught.value.last_lines == ["no such database"]
    assert not Path(f"/proc/{told.supervisor.pids()['first']}").exists()


async def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    told = Told()
    async with told.supervisor.running([[spec("only", SLEEPS, tmp_path / "only")]]):
        pid = told.supervisor.pids()["only"]
        os.kill(pid, signal.SIGKILL)
        await until(lambda: told.events[-1:] == ["only is back"])
        assert told.supervisor.pids()["only"] != pid
        assert "killed by signal 9" in told.events[0]


async def test_a_start_that_is_cancelled_leaves_nothing_running(tmp_path: Path) -> None:
    told = Told()

    async def start() -> None:
        async with told.supervisor.running([[spec("never ready", "import time; time.sleep(60)", tmp_path / "none")]]):
            pytest.fail("it must not run")

    task = asyncio.create_task(start())
    await until(lambda: bool(told.supervisor.pids()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not Path(f"/proc/{told.supervisor.pids()['never ready']}").exists()
