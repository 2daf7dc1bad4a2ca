"""Several processes at one database, and databases that are locked, full, newer, or not for this user."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import shared.database.database as database_module
from shared.database import Database, engines, migrate
from shared.errors import FailedPrecondition, Unavailable
from tests.databases import Postgres

HERE = Path(__file__).parent
FIRST, SECOND, SLOW = HERE / "migrations", HERE / "more_migrations", HERE / "slow_migrations"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(url=database_url, schema="waterworks")
    await migrate(database, versions=FIRST)
    async with database.write() as session:
        await session.execute(text("INSERT INTO reservoirs (name, level) VALUES ('upper', 7)"))
    yield database
    await database.close()


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A SQLite file with one reservoir."""
    database = Database(url=f"sqlite:///{tmp_path / 'test.db'}", schema="waterworks")
    await migrate(database, versions=FIRST)
    async with database.write() as session:
        await session.execute(text("INSERT INTO reservoirs (name, level) VALUES ('upper', 7)"))
    await database.close()
    return tmp_path / "test.db"


async def process(url: str, versions: Path, what: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.integration.database.writer", url, str(versions), what]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def level(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(text("SELECT level FROM reservoirs WHERE name = 'upper'")) or 0


async def test_processes_that_write_at_once_all_succeed(file: Path) -> None:
    url = f"sqlite:///{file}"
    writers = [await process(url, FIRST, "100") for _ in range(3)]
    for writer in writers:
        told, _ = await writer.communicate()
        assert (writer.returncode, told) == (0, b"")
    database = Database(url=url, schema="waterworks")
    assert await level(database) == 307
    await database.close()


async def test_a_lock_that_is_held_too_long_is_unavailable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_BUSY_TIMEOUT_MS", 50)
    database = Database(url=f"sqlite:///{file}", schema="waterworks")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="holds the database") as raised:
            async with database.write():
                pass
        assert (raised.value.reason, raised.value.retry_delay_s) == ("DATABASE_BUSY", 1.0)
        assert await level(database) == 7
        other.execute("ROLLBACK")
    async with database.write() as session:
        await session.execute(text("UPDATE reservoirs SET level = 8"))
    assert await level(database) == 8
    await database.close()


async def test_a_long_reader_is_ended_and_the_wal_cut_back(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_LONGEST_READ_S", 0.3)
    monkeypatch.setattr(engines, "_WAL_BYTES", 100_000)
    database = Database(url=f"sqlite:///{file}", schema="waterworks")
    wal = file.with_name("test.db-wal")
    ended = asyncio.Event()

    async def hold() -> None:
        async with database.read() as session:
            await session.execute(text("SELECT * FROM reservoirs"))
            await asyncio.Event().wait()

    async def read_for_ever() -> None:
        with pytest.raises(Unavailable):
            await hold()
        ended.set()

    async def write() -> None:
        async with database.write() as session:
            await session.execute(text("UPDATE gates SET name = name"))
            row = {"name": "x" * 40_000}
            await session.execute(text("INSERT INTO reservoirs (name, level) VALUES (:name, 1)"), row)
            await session.execute(text("DELETE FROM reservoirs WHERE name = :name"), row)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read_for_ever())
        while not ended.is_set():
            await write()
    largest = wal.stat().st_size
    while wal.stat().st_size > 100_000:
        await write()
    assert largest > wal.stat().st_size
    await database.close()


async def test_a_full_disk_is_unavailable_and_loses_nothing(file: Path) -> None:
    code = (
        "import asyncio, sys; from tests.integration.database import writer; "
        "writer.limit_files(16384); asyncio.run(writer.main(*sys.argv[1:]))"
    )
    url = f"sqlite:///{file}"
    command = [sys.executable, "-c", code, url, str(FIRST), "1000"]
    writer = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await writer.communicate()
    assert writer.returncode == 0
    assert told.startswith((b"DATABASE_FULL", b"DATABASE_UNAVAILABLE")), told
    database = Database(url=url, schema="waterworks")
    before = await level(database)
    assert before >= 7
    async with database.write() as session:
        await session.execute(text("UPDATE reservoirs SET level = level + 1"))
    assert await level(database) == before + 1
    await database.close()


async def test_a_migration_that_raises_leaves_the_database_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_TEST_FAIL", "1")
    with pytest.raises(RuntimeError, match="in the middle"):
        await migrate(database, versions=SLOW)
    assert await level(database) == 7
    await migrate(database, versions=SECOND)
    async with database.read() as session:
        assert (await session.execute(text("SELECT level, depth FROM reservoirs"))).all() == [(7, None)]


async def test_a_migration_that_is_killed_leaves_the_database_to_the_next(
    database: Database, database_url: str
) -> None:
    first = await process(database_url, SLOW, "migrate")
    assert first.stdout
    assert await first.stdout.readline() == b"migrating\n"
    second = asyncio.create_task(migrate(database, versions=SECOND))
    if database.is_sqlite:  # whose readers do not wait
        assert await level(database) == 7
    assert not second.done()
    first.kill()
    await first.wait()
    await second
    async with database.read() as session:
        assert (await session.execute(text("SELECT level, depth FROM reservoirs"))).all() == [(7, None)]


async def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    await migrate(database, versions=SECOND)
    with pytest.raises(FailedPrecondition, match=r"version 0002 .* newer release .* up to 0001"):
        await migrate(database, versions=FIRST)
    assert await level(database) == 7


async def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    database = Database(url=f"sqlite:///{tmp_path / 'file' / 'test.db'}", schema="waterworks")
    with pytest.raises(Unavailable, match=r"cannot be reached.* .*/file/test\.db: .*(Not a directory|File exists)"):
        await migrate(database, versions=FIRST)


async def test_a_file_that_can_only_be_read_is_told(file: Path) -> None:
    database = Database(url=f"sqlite:///file:{file}?mode=ro&uri=true", schema="waterworks")
    with pytest.raises(Unavailable, match="can only be read"):
        async with database.write() as session:
            await session.execute(text("UPDATE reservoirs SET level = 8"))
    await database.close()


async def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_bytes(b"something else" * 100)
    database = Database(url=f"sqlite:///{tmp_path / 'test.db'}", schema="waterworks")
    with pytest.raises(Unavailable, match=r"damaged.*test\.db"):
        await migrate(database, versions=FIRST)
    await database.close()


async def test_a_user_without_rights_is_told(postgres: Postgres) -> None:
    url = postgres.create_database()
    admin = Database(url=url, schema="public")
    async with admin.write() as session:
        await session.execute(text("DROP ROLE IF EXISTS stranger"))
        await session.execute(text("CREATE ROLE stranger LOGIN"))
    stranger = Database(url=url.replace("postgres:@", "stranger:secret@"), schema="waterworks")
    with pytest.raises(Unavailable, match=r"refuses the user.*permission denied for database") as raised:
        await migrate(stranger, versions=FIRST)
    assert "secret" not in raised.value.message
    # A schema of its own is all that it needs.
    async with admin.write() as session:
        await session.execute(text("CREATE SCHEMA waterworks AUTHORIZATION stranger"))
    await migrate(stranger, versions=FIRST)
    async with stranger.write() as session:
        await session.execute(text("INSERT INTO reservoirs (name, level) VALUES ('upper', 7)"))
    assert await level(stranger) == 7
    await stranger.close()
    await admin.close()
    postgres.drop_database(url)


@pytest.mark.parametrize("kind", ["unknown user", "unknown database"])
async def test_a_wrong_url_is_told_without_its_password(postgres: Postgres, kind: str) -> None:
    url = postgres.create_database()
    wrong = url.replace("postgres:@", "nobody:secret@") if kind == "unknown user" else url.replace("/test_", "/none_")
    database = Database(url=wrong, schema="waterworks")
    with pytest.raises(Unavailable, match="does not exist") as raised:
        await migrate(database, versions=FIRST)
    assert "secret" not in raised.value.message
    await database.close()
    postgres.drop_database(url)


async def test_statements_before_the_first_migration_are_unavailable(database_url: str) -> None:
    database = Database(url=database_url, schema="waterworks")
    with pytest.raises(Unavailable, match="tables of this release"):
        await level(database)
    await database.close()


async def test_defects_stay_what_they_are(database: Database) -> None:
    with pytest.raises(DBAPIError, match="syntax error"):
        async with database.read() as session:
            await session.execute(text("SELEKT"))
