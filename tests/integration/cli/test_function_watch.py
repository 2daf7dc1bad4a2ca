"""`functions test --watch`, as a process of its own that Ctrl-C ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.integration.cli.function_test import written
from tests.polling import until

pytestmark = pytest.mark.usefixtures("own_cache")


async def test_it_runs_again_when_a_file_changes_until_ctrl_c(tmp_path: Path) -> None:
    code = written(tmp_path, "f.js", "function onTrack(event) { return `one ${event.name}` }")
    event = written(tmp_path, "event.json", {"type": "track", "name": "first"})
    log = tmp_path / "log"
    command = [sys.executable, "-m", "cli", "functions", "test", str(code), "--event", str(event), "--watch"]
    with log.open("w") as into:
        process = await asyncio.create_subprocess_exec(*command, stdout=into, stderr=into)
        try:
            await until(lambda: "one first" in log.read_text())
            written(tmp_path, "event.json", {"type": "track", "name": "second"})
            await until(lambda: "one second" in log.read_text())
            written(tmp_path, "event.json", '{"type": ')
            await until(lambda: "is not JSON" in log.read_text())
            written(tmp_path, "f.js", "function onTrack( {")
            written(tmp_path, "event.json", {"type": "track", "name": "third"})
            await until(lambda: "SyntaxError" in log.read_text())
            written(tmp_path, "f.js", "function onTrack(event) { return `two ${event.name}` }")
            await until(lambda: "two third" in log.read_text())
            code.unlink()
            await until(lambda: "cannot be read" in log.read_text())
        finally:
            process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    assert "Traceback" not in log.read_text()
