"""Settings of registry."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.database.settings import DatabaseSettings


class RegistrySettings(DatabaseSettings):
    """What registry needs to know beside what all services do."""

    owner_token_file: Path | None = Field(
        default=None,
        description="File that the first start reads the owner's token from, or writes it to. "
        "`owner-token` in the data folder when not set.",
    )
    max_functions: int = Field(default=25, ge=1, description="Functions that a workspace may have.")

    audit_days: int = Field(default=90, ge=1, description="Days for which the audit trail is kept.")

    @property
    def owner_token_path(self) -> Path:
        """Where the owner's token is."""
        return self.owner_token_file or self.data_dir / "owner-token"
