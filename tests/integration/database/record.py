"""Records databases of this release: `python -m tests.integration.database.record`, before a migration is added.

Writes one file of SQL for each service and engine to `history`, unless there is one of its version already. Tests then
upgrade it for ever: a record is never made anew by a later release.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from shared.database import Database, migrate
from tests.databases import Postgres
from tests.integration.database.services import ALL, HISTORY, Service


def main() -> None:
    """Record what is not recorded."""
    with tempfile.TemporaryDirectory(prefix="penstock-pg-", ignore_cleanup_errors=True) as folder:
        postgres = Postgres(Path(folder))
        for service in ALL:
            _record(service, postgres)
        postgres.stop()


def _record(service: Service, postgres: Postgres) -> None:
    version = service.versions()[-1]
    for engine in ("sqlite", "postgresql"):
        path = service.record(version, engine)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "recorded.db"
            url = postgres.create_database() if engine == "postgresql" else f"sqlite:///{file}"
            asyncio.run(_fill(service, url, Path(folder)))
            path.write_text(_sqlite_dump(file) if engine == "sqlite" else postgres.dump(url, schema=service.name))
        sys.stdout.write(f"{path.relative_to(HISTORY)}\n")


async def _fill(service: Service, url: str, folder: Path) -> None:
    database = Database(url=url, schema=service.name)
    await migrate(database, versions=service.migrations)
    await service.fill(database, folder)
    await database.close()


def _sqlite_dump(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


if __name__ == "__main__":
    main()
