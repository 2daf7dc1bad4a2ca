"""The supervisor over real child processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
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


WAITS = "import os, pathlib, sys, time; 'PENSTOCK_STANDS_BY' in os.environ and sys.stdin.readline(); " + SLEEPS[21:]


async def test_a_spare_takes_over_from_a_child_that_dies_however_often(tmp_path: Path) -> None:
    told = Told()
    only = replace(spec("only", WAITS, tmp_path / "only"), has_spare=True)
    async with told.supervisor.running([[only]]):
        for times in range(1, 4):
            active, spare = await until(two_children)
            (tmp_path / "only").unlink()
            os.kill(active, signal.SIGKILL)
            await until(lambda times=times: told.events.count("only is back") == times)
            assert told.supervisor.pids()["only"] == spare
    assert children() == []


async def test_a_child_whose_spare_died_is_started_anew(tmp_path: Path) -> None:
    told = Told()
    only = replace(spec("only", WAITS, tmp_path / "only"), has_spare=True)
    async with told.supervisor.running([[only]]):
        active, spare = await until(two_children)
        os.kill(spare, signal.SIGKILL)
        await until(lambda: len(children()) == 1)
        os.kill(active, signal.SIGKILL)
        await until(lambda: told.events[-1:] == ["only is back"])
        assert told.supervisor.pids()["only"] not in {active, spare}


def children() -> list[int]:
    """The processes that the supervisor has started and that run, the oldest first."""
    here = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [int(each) for each in here if "hello" in _command_line(each)]


def _command_line(pid: str) -> str:
    """What a process was started as; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def two_children() -> list[int]:
    return found if len(found := children()) == 2 else []
