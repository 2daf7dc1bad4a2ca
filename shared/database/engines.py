"""Makes engines whose transactions behave alike on SQLite and PostgreSQL.

Reads see one snapshot. Writes wait for each other instead of failing: on SQLite there is one writer at a time, and its
transaction takes the write lock when it begins (a lock taken in the middle cannot wait, because the snapshot would be
stale); on PostgreSQL a store locks the row that its writers have in common.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.database.errors import BROKEN, unavailability
from shared.errors import Unavailable

# How long writers wait for each other, and statements for a server: shorter than the deadline of calls between
# services, so that their callers learn why.
_PATIENCE_S = 7.0
_BUSY_TIMEOUT_MS = int(_PATIENCE_S * 1000)
# What a WAL is cut back to after it grew under a long reader.
_WAL_BYTES = 16 * 1024 * 1024
_CONNECT_TIMEOUT_S = 3.0
# Ends the transaction, and with it the locks, of a replica that froze in the middle of one.
_IDLE_IN_TRANSACTION_TIMEOUT = "60s"
_RECYCLE_S = 1800
# Values are tenants' data: no error and no log line may repeat them.
_PRIVATE: dict[str, Any] = {"hide_parameters": True}


def sqlite_engine(
    url: URL, *, begin: str, pool_size: int, foreign_keys: bool = True, synced: bool = True
) -> AsyncEngine:
    """Make an engine over a SQLite file that begins its transactions with the statement `begin`."""
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=_PATIENCE_S, **_PRIVATE)
    _tell_unavailability(engine)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
        cursor.execute(f"PRAGMA journal_size_limit={_WAL_BYTES}")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.exec_driver_sql(begin)

    return engine


def postgresql_engine(
    url: URL, *, schema: str, pool_size: int, patient: bool = False, synced: bool = True
) -> AsyncEngine:
    """Make an engine whose unqualified names mean `schema`, so that services can share a database.

    Its statements fail after 7 s, as those of a server that hangs would, unless it is `patient`.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_PATIENCE_S,
        **_PRIVATE,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE_S,
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": _CONNECT_TIMEOUT_S,
            "command_timeout": None if patient else _PATIENCE_S,
            "server_settings": {
                "search_path": schema,
                "application_name": f"penstock-{schema}",
                "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_TIMEOUT,
                **({} if synced else {"synchronous_commit": "off"}),
            },
        },
    )
    _tell_unavailability(engine)
    return engine


def _tell_unavailability(engine: AsyncEngine) -> None:
    """Have statements raise `Unavailable` where the driver's error means that."""

    @event.listens_for(engine.sync_engine, "handle_error")
    def tell(context: ExceptionContext) -> Unavailable | None:  # pyright: ignore[reportUnusedFunction]
        if context.is_pre_ping:  # after which the pool connects anew
            return None
        found = unavailability(context.original_exception)
        if found and found.reason in BROKEN:
            context.is_disconnect = True
        return found


def prepare_file(url: URL) -> None:
    """Make the file of a SQLite database, readable by its owner alone; its journal, a WAL, inherits that.

    Raises `OSError` and `sqlite3.Error`.
    """
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    _use_wal(path)


def _use_wal(path: Path) -> None:
    # This statement alone does not wait for locks, so of processes that start at once all but one must try again.
    deadline_s = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        with closing(sqlite3.connect(path)) as connection:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline_s:
                    raise
            else:
                return
        time.sleep(0.01)
