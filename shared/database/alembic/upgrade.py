"""Runs the migrations that a database has not seen."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from shared.errors import FailedPrecondition

_ENVIRONMENT = Path(__file__).parent


def upgrade(connection: Connection, table: str, versions: Path) -> None:
    """Upgrade to the newest version, which `table` then tells. Raises FailedPrecondition for a newer database."""
    config = Config()
    config.set_main_option("script_location", _escaped(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _escaped(versions))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = table
    _refuse_newer(connection, config)
    command.upgrade(config, "head")


def _refuse_newer(connection: Connection, config: Config) -> None:
    table = config.attributes["version_table"]
    context = MigrationContext.configure(connection, opts={"version_table": table})
    scripts = ScriptDirectory.from_config(config)
    for revision in context.get_current_heads():
        try:
            scripts.get_revision(revision)
        except CommandError:
            raise FailedPrecondition(
                f"The database is of version {revision} ({table}), made by a newer release of Penstock; this one knows "
                f"versions up to {scripts.get_current_head()}. Start that release, or restore a backup from before it.",
                reason="DATABASE_NEWER",
            ) from None


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
