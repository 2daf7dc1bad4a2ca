"""`penstock functions test` in this process, and files for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.main import app


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["functions", "test", *(str(each) for each in arguments)])


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
