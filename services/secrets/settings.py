"""Settings of secrets."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.secrets.data_keys import MAX_HELD_S
from shared.database.settings import DatabaseSettings


class SecretsSettings(DatabaseSettings):
    """What secrets needs to know beside what all services do."""

    keyset_file: Path | None = Field(
        default=None,
        description="Tink keyset (JSON) of the key-encryption keys, for its owner alone (0600). Made on first start. "
        "`secrets-keyset.json` in the data folder when not set. Replicas share one.",
    )
    kms_uri: str = Field(
        default="",
        description="Key in a KMS that takes the keyset's place: `aws-kms://arn:aws:kms:…`, or "
        "`hcvault://host:port/transit/keys/name` (`hcvault+http://` for an agent on this machine). What the keyset has "
        "encrypted is encrypted anew; until then the file is needed too. Empty for the keyset.",
    )
    former_kms_uris: list[str] = Field(
        default=[],
        description="Keys in a KMS that no longer encrypt but did, as JSON list: needed until "
        "`penstock secrets status` shows no value of theirs.",
    )
    vault_token_file: Path | None = Field(
        default=None,
        description="File with the token for Vault, read for each call, as its agent keeps it; else `VAULT_TOKEN`.",
    )
    data_key_held_s: float = Field(
        default=MAX_HELD_S,
        ge=0,
        le=MAX_HELD_S,
        description="How long a data key that the KMS has decrypted is kept in memory, in seconds.",
    )
    access_log_days: int = Field(default=90, ge=1, description="How long it is remembered who read which secrets.")

    @property
    def keyset_path(self) -> Path:
        """Where the keyset is."""
        return self.keyset_file or self.data_dir / "secrets-keyset.json"
