"""Settings of secrets."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.database.settings import DatabaseSettings


class SecretsSettings(DatabaseSettings):
    """What secrets needs to know beside what all services do."""

    keyset_file: Path | None = Field(
        default=None,
        description="Tink keyset (JSON) of the key-encryption keys, for its owner alone (0600). Made on first start. "
        "`secrets-keyset.json` in the data folder when not set. Replicas share one.",
    )
    access_log_days: int = Field(default=90, ge=1, description="How long it is remembered who read which secrets.")

    @property
    def keyset_path(self) -> Path:
        """Where the keyset is."""
        return self.keyset_file or self.data_dir / "secrets-keyset.json"
