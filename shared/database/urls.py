"""Reads the database URLs that operators write, and names the async driver in them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def parse_url(text: str) -> URL:
    """Give the URL with its async driver: `sqlite:///file` and `postgresql://user@host/name` are enough to write.

    Raises `ValueError` for other databases, and for SQLite in memory, where every connection would see its own.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("a database URL is sqlite:///file or postgresql://user@host/name") from None
    if url.drivername not in _DRIVERS:
        raise ValueError(f"database URLs start with sqlite:/// or postgresql://, not with {url.drivername}:")
    url = url.set(drivername=_DRIVERS[url.drivername])
    return _sqlite(url) if is_sqlite(url) else _postgresql(url)


def is_sqlite(url: URL) -> bool:
    """Tell whether the URL names a SQLite file."""
    return url.get_backend_name() == "sqlite"


def _sqlite(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: sqlite:///relative/path or sqlite:////absolute/path")
    return url.set(database=str(Path(url.database).expanduser()))


def _postgresql(url: URL) -> URL:
    """Rename libpq's `sslmode`, which operators copy from elsewhere and asyncpg takes as `ssl`."""
    if "sslmode" not in url.query:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
