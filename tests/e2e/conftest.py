from __future__ import annotations

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.api.client import Client
from tests.api.python import PythonClient
from tests.api.typescript import typescript_client
from tests.e2e.functions_api import Things
from tests.e2e.outside import Outside, outside_world
from tests.e2e.penstock import Penstock, up

Run = Callable[..., Any]


@pytest.fixture
def outside() -> Generator[Outside]:
    with outside_world() as outside:
        yield outside


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Penstock]:
    """One installation for all tests of a worker; each test makes sources and destinations of its own."""
    data_dir: Path = tmp_path_factory.mktemp("penstock") / "data"
    with up(
        data_dir,
        "--egress-allow",
        "127.0.0.1/32",
        PENSTOCK_MAX_FUNCTIONS="1000",
        PENSTOCK_API_TOKEN_POINTS="100000",
        PENSTOCK_API_ADDRESS_POINTS="100000",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def clients(running: Penstock) -> Generator[dict[str, Client]]:
    host, token = f"{running.http}/api", (running.data_dir / "owner-token").read_text().strip()
    with typescript_client(host, token) as typescript, httpx2.Client(trust_env=False, timeout=30) as http:
        yield {"typescript": typescript, "python": PythonClient(host, token, http)}


@pytest.fixture(params=["typescript", "python"])
def client(request: pytest.FixtureRequest, clients: dict[str, Client]) -> Client:
    return clients[request.param]


@pytest.fixture(scope="module")
def things(running: Penstock) -> Things:
    return Things(running)


@pytest.fixture
def owner(running: Penstock) -> Generator[httpx2.Client]:
    token = (running.data_dir / "owner-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"{running.http}/api", headers=headers, trust_env=False, timeout=30) as http:
        yield http


@pytest.fixture
def run(running: Penstock) -> Run:
    """Run a command in this process: with `--json` it must succeed, and what it says is given, else its result."""

    def run(*arguments: object, stdin: str | None = None) -> Any:
        words = [*(str(each) for each in arguments), "--data-dir", str(running.data_dir)]
        done = CliRunner().invoke(app, words, input=stdin)
        if "--json" not in words:
            return done
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run
