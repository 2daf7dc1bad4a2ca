"""Transactions and migrations over both databases."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Field, SQLModel, select

from shared.database import Database, UtcDateTime, migrate
from shared.errors import Unavailable
from tests.databases import Postgres

VERSIONS = Path(__file__).parent / "migrations"
LATER_VERSIONS = Path(__file__).parent / "more_migrations"


class Reservoir(SQLModel, table=True):
    __tablename__ = "reservoirs"  # pyright: ignore[reportAssignmentType]
    name: str = Field(primary_key=True)
    level: int
    filled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # pyright: ignore[reportArgumentType]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(url=database_url, schema="waterworks")
    await migrate(database, versions=VERSIONS)
    yield database
    await database.close()


async def _level(database: Database, name: str) -> int | None:
    async with database.read() as session:
        found = (await session.scalars(select(Reservoir).where(Reservoir.name == name))).one_or_none()
        return found and found.level


async def test_a_write_is_seen_when_its_block_ends(database: Database) -> None:
    async with database.write() as session:
        session.add(Reservoir(name="upper", level=3))
        await session.flush()
        assert await _level(database, "upper") is None
    assert await _level(database, "upper") == 3


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    async def spill() -> None:
        async with database.write() as session:
            session.add(Reservoir(name="upper", level=3))
            await session.flush()
            raise RuntimeError("spill")

    with pytest.raises(RuntimeError, match="spill"):
        await spill()
    assert await _level(database, "upper") is None


async def test_a_reader_sees_one_snapshot(database: Database) -> None:
    async with database.read() as session:
        assert (await session.scalars(select(Reservoir))).all() == []
        async with database.write() as other:
            other.add(Reservoir(name="upper", level=3))
        assert (await session.scalars(select(Reservoir))).all() == []
    assert await _level(database, "upper") == 3


async def test_concurrent_writers_wait_for_each_other(database: Database) -> None:
    async with database.write() as session:
        session.add(Reservoir(name="upper", level=0))

    async def fill() -> None:
        async with database.write() as session:
            query = select(Reservoir).where(Reservoir.name == "upper").with_for_update()
            row = (await session.scalars(query)).one()
            await asyncio.sleep(0)
            row.level += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(40):
            group.create_task(fill())
    assert await _level(database, "upper") == 40


async def test_writers_of_two_processes_wait_for_each_other(database: Database, database_url: str) -> None:
    second = Database(url=database_url, schema="waterworks")
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.write() as session:
            session.add(Reservoir(name="upper", level=1))
            await session.flush()
            entered.set()
            await leave.wait()

    async def follow() -> None:
        await entered.wait()
        async with second.write() as session:
            session.add(Reservoir(name="lower", level=2))

    async with asyncio.TaskGroup() as group:
        group.create_task(hold())
        following = group.create_task(follow())
        await entered.wait()
        leave.set()
        await following
    await second.close()
    assert (await _level(database, "upper"), await _level(database, "lower")) == (1, 2)


async def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            await session.execute(text("INSERT INTO gates VALUES ('sluice', 'nowhere')"))


async def test_moments_keep_their_zone(database: Database) -> None:
    local = datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    async with database.write() as session:
        session.add(Reservoir(name="upper", level=1, filled_at=local))
    async with database.read() as session:
        row = (await session.scalars(select(Reservoir))).one()
    assert row.filled_at
    assert (row.filled_at, row.filled_at.tzinfo) == (local, UTC)


async def test_moments_without_zone_are_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        async with database.write() as session:
            session.add(Reservoir(name="upper", level=1, filled_at=datetime(2026, 11, 21)))  # noqa: DTZ001


async def test_an_exclusive_section_is_entered_by_one_at_a_time(database: Database) -> None:
    inside: list[str] = []

    async def enter(name: str) -> None:
        async with database.exclusive("drain"):
            assert inside == []
            inside.append(name)
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
            inside.remove(name)

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(enter(str(number)))


async def test_replicas_migrate_at_once(database_url: str) -> None:
    replicas = [Database(url=database_url, schema="waterworks") for _ in range(3)]
    await asyncio.gather(*(migrate(replica, versions=VERSIONS) for replica in replicas))
    assert await _level(replicas[0], "upper") is None
    await asyncio.gather(*(replica.close() for replica in replicas))


async def test_a_later_migration_keeps_rows_and_what_refers_to_them(database: Database) -> None:
    async with database.write() as session:
        session.add(Reservoir(name="upper", level=7))
        await session.flush()
        await session.execute(text("INSERT INTO gates VALUES ('sluice', 'upper')"))
    await migrate(database, versions=LATER_VERSIONS)
    await migrate(database, versions=LATER_VERSIONS)
    async with database.read() as session:
        assert (await session.execute(text("SELECT level, depth FROM reservoirs"))).all() == [(7, None)]
        assert (await session.execute(text("SELECT reservoir FROM gates"))).all() == [("upper",)]


async def test_services_share_a_postgresql_database(postgres: Postgres) -> None:
    url = postgres.create_database()
    first, second = Database(url=url, schema="upper"), Database(url=url, schema="lower")
    await asyncio.gather(migrate(first, versions=VERSIONS), migrate(second, versions=VERSIONS))
    async with first.write() as session:
        session.add(Reservoir(name="only here", level=1))
    assert await _level(first, "only here") == 1
    assert await _level(second, "only here") is None
    await asyncio.gather(first.close(), second.close())


@pytest.mark.parametrize("place", ["127.0.0.1:1/none", "no-such-host.invalid/none", "/none?host=/nowhere"])
async def test_a_database_that_is_not_there_is_unavailable(place: str) -> None:
    database = Database(url=f"postgresql://postgres@{place}", schema="waterworks")
    with pytest.raises(Unavailable, match="cannot be reached"):
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
    await database.close()


async def test_a_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    database = Database(url=f"sqlite:///{tmp_path / 'deeper' / 'file.db'}", schema="waterworks")
    await migrate(database, versions=VERSIONS)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deeper").iterdir()}
    await database.close()
    assert modes == {0o600}


@pytest.mark.parametrize("synced", [True, False])
async def test_commits_wait_for_the_disk_where_they_must(database_url: str, synced: bool) -> None:
    database = Database(url=database_url, schema="waterworks", synced=synced)
    await migrate(database, versions=VERSIONS)
    query = "PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit"
    async with database.write() as session:
        found = await session.scalar(text(query))
    await database.close()
    assert found == {True: (2, "on"), False: (1, "off")}[synced][not database.is_sqlite]
