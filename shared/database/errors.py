"""What a database's refusal means to who called: not now, or a defect.

What passes by itself or by an operator's hand is `Unavailable`: the call was right, and will be again. The rest (a
wrong statement, a broken constraint) stays as the driver raised it. Messages are the same whatever the driver says,
since they reach tenants; the driver's error is the cause, for the log.
"""

from __future__ import annotations

import sqlite3

from shared.errors import Unavailable

_RETRY_DELAY_S = 1.0
_UNREACHABLE = ("DATABASE_UNAVAILABLE", "The database cannot be reached.")
_BUSY = ("DATABASE_BUSY", "Another writer holds the database for too long.")
_FULL = ("DATABASE_FULL", "The database has no room left on its disk.")
_READ_ONLY = ("DATABASE_READ_ONLY", "The database can only be read.")
_REFUSED = ("DATABASE_REFUSED", "The database refuses the user of this service.")
_DAMAGED = ("DATABASE_DAMAGED", "The database's file is damaged.")
_NO_TABLES = ("DATABASE_NOT_MIGRATED", "The database has not the tables of this release yet.")

_SQLITE = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _REFUSED,
    sqlite3.SQLITE_CANTOPEN: _UNREACHABLE,
    sqlite3.SQLITE_IOERR: _UNREACHABLE,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# SQLite has one code for all statements that it does not understand.
_SQLITE_NO_TABLES = ("no such table", "no such column", "has no column")
_PRIMARY_CODE = 0xFF

# SQLSTATE or its class, the more special first.
_POSTGRESQL = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _REFUSED,
    "42P01": _NO_TABLES,
    "42703": _NO_TABLES,
    "3F000": _NO_TABLES,
    "3D000": _UNREACHABLE,
    "40001": _BUSY,
    "40P01": _BUSY,
    "55P03": _BUSY,
    "25P03": _UNREACHABLE,
    "08": _UNREACHABLE,
    "28": _REFUSED,
    "53": _UNREACHABLE,
    "57": _UNREACHABLE,
    "58": _UNREACHABLE,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
# What asyncpg says without a SQLSTATE when it finds its connection closed, and otherwise of wrong use.
_CLOSED = "connection is closed"


# After these the connection is of no more use.
BROKEN = frozenset({_UNREACHABLE[0], _DAMAGED[0]})


def unavailable(error: BaseException | None = None) -> Unavailable:
    """Make the error for a database that does not do what it should; `error` is what connecting to it raised."""
    found = unavailability(error) if error else None
    return found or _made(_UNREACHABLE)


def unavailability(error: BaseException) -> Unavailable | None:
    """Give what a driver's error means when it means that the database is unavailable."""
    if isinstance(error, OSError):  # also of time: the server, or the way to it, hangs
        return _made(_UNREACHABLE)
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    state = getattr(error, "sqlstate", None)
    if state is None:
        return _made(_UNREACHABLE) if _CLOSED in str(error) else None
    found = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    return _made(found) if found else None


def _of_sqlite(error: sqlite3.Error) -> Unavailable | None:
    found = _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE)
    if found is None and any(text in str(error) for text in _SQLITE_NO_TABLES):
        found = _NO_TABLES
    return _made(found) if found else None


def _made(told: tuple[str, str]) -> Unavailable:
    reason, message = told
    return Unavailable(message, reason=reason, retry_delay_s=_RETRY_DELAY_S)
