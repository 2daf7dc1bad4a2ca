"""Settings of services that own tables."""

from __future__ import annotations

from pydantic import Field

from shared.database.database import Database
from shared.settings import ServiceSettings


class DatabaseSettings(ServiceSettings):
    """Adds where the tables are."""

    database_url: str = Field(
        default="",
        description="postgresql://… of a database that all services share, each in a schema of its own; or sqlite:///… "
        "of a file for this service alone. Empty for a SQLite file in the data folder.",
    )

    def database(self, service: str, *, synced: bool = True) -> Database:
        """Give the tables of a service. Raises `ValueError` for a URL of another kind of database."""
        url = self.database_url or f"sqlite:///{self.data_dir / service}.db"
        return Database(url=url, schema=service, synced=synced)
