"""A process that writes: `python -m tests.integration.database.writer URL FOLDER COUNT`.

Adds one to the level of the reservoir `upper` COUNT times, and prints what stops it. With
COUNT `migrate`, brings the tables to the version in FOLDER, and prints `migrating` when a migration has begun.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from pathlib import Path

from sqlalchemy import text

from shared.database import Database, migrate
from shared.errors import PenstockError


async def main(url: str, folder: str, count: str) -> None:
    """Write."""
    database = Database(url=url, schema="waterworks")
    try:
        if count == "migrate":
            await migrate(database, versions=Path(folder))
        else:
            await _add(database, int(count))
    except PenstockError as error:
        sys.stdout.write(f"{error.reason} {error.message}\n")
    await database.close()


async def _add(database: Database, count: int) -> None:
    for _ in range(count):
        async with database.write() as session:
            level = await session.scalar(text("SELECT level FROM reservoirs WHERE name = 'upper'"))
            await session.execute(text("UPDATE reservoirs SET level = :level"), {"level": level + 1})


def limit_files(largest_bytes: int) -> None:
    """Have writes beyond this size fail, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_bytes, resource.RLIM_INFINITY))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
