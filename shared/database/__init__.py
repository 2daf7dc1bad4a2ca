"""SQL for the services that own tables: SQLite in one file, or PostgreSQL shared by replicas, by URL."""

from shared.database.database import Database
from shared.database.migrations import migrate
from shared.database.types import UtcDateTime

__all__ = ["Database", "UtcDateTime", "migrate"]
