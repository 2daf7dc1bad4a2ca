"""Database URLs as operators write them."""

from __future__ import annotations

import pytest

from shared.database.urls import is_sqlite, parse_url


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///data/registry.db", "sqlite+aiosqlite:///data/registry.db"),
        ("sqlite:////var/lib/registry.db", "sqlite+aiosqlite:////var/lib/registry.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgresql://u:p@h:5432/n", "postgresql+asyncpg://u:p@h:5432/n"),
        ("postgres://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgresql://u@h/n?sslmode=verify-full", "postgresql+asyncpg://u@h/n?ssl=verify-full"),
    ],
)
def test_the_async_driver_is_added(written: str, meant: str) -> None:
    assert parse_url(written).render_as_string(hide_password=False) == meant


@pytest.mark.parametrize(
    "written", ["mysql://h/n", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg://h/n", "db.example", ""]
)
def test_other_databases_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite|SQLite"):
        parse_url(written)


def test_backends_are_told_apart() -> None:
    assert is_sqlite(parse_url("sqlite:///a.db"))
    assert not is_sqlite(parse_url("postgresql://h/n"))
