"""All keys of the service: the primary one encrypts, the others are there for what they encrypted before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.secrets.keys.key import Key, Wrapped
from services.secrets.keys.keyset import KeysetKey
from services.secrets.keys.kms import Kms, KmsKey
from shared.errors import FailedPrecondition, Unavailable

NOT_CONFIGURED = "KEY_NOT_CONFIGURED"
_LATER_S = 10.0


class Keyring:
    """The keys; `keyset` is None where a KMS has taken its place and no file is left."""

    def __init__(self, primary: Key, *, former: Sequence[Key] = (), keyset: KeysetKey | None = None) -> None:
        self.primary = primary
        self.keyset = keyset
        self._keys = [primary, *former]

    def key_of(self, key_id: str) -> Key | None:
        """Find the key that a ciphertext names."""
        return next((key for key in self._keys if key.has(key_id)), None)

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """Decrypt a data key. Raises RefusedError; Unavailable also for a key that is not configured any more."""
        key = self.key_of(wrapped.key_id)
        if key is None:
            raise Unavailable(
                f"{wrapped.key_id} has encrypted a value and is not configured: add it to PENSTOCK_FORMER_KMS_URIS.",
                reason=NOT_CONFIGURED,
                metadata={"key_id": wrapped.key_id},
                retry_delay_s=_LATER_S,
            )
        return await key.unwrap(wrapped)


def open_keyring(
    *, keyset_file: Path, keyset_needed: bool, uri: str, former: Sequence[str], vault_token_file: Path | None
) -> Keyring:
    """Open the configured keys; none of them is called yet.

    With `keyset_needed`, values exist that a keyset encrypted. Raises KeysetError, and FailedPrecondition for a URI
    that cannot be used.
    """
    others = [_open_kms(each, vault_token_file) for each in former if each != uri]
    if not uri:
        keyset = KeysetKey(keyset_file, may_create=not keyset_needed)
        return Keyring(keyset, former=others, keyset=keyset)
    primary = _open_kms(uri, vault_token_file)
    keyset = KeysetKey(keyset_file, may_create=False) if keyset_needed or keyset_file.exists() else None
    return Keyring(primary, former=[*others, *([keyset] if keyset else [])], keyset=keyset)


def _open_kms(uri: str, vault_token_file: Path | None) -> KmsKey:
    try:
        return KmsKey(uri, _client(uri, vault_token_file))
    except ValueError as error:
        message = f"{uri} is no key that Penstock can use: {error}."
        raise FailedPrecondition(message, reason="KMS_URI_UNUSABLE") from None
    except ImportError:
        message = f"{uri} needs packages that are not installed: install penstock with the extra `kms`."
        raise FailedPrecondition(message, reason="KMS_NOT_INSTALLED") from None


def _client(uri: str, vault_token_file: Path | None) -> Kms:
    # Clients of clouds are large: only what is configured is imported.
    if uri.startswith("aws-kms://"):
        from services.secrets.keys.aws_kms import open_aws_kms  # noqa: PLC0415

        return open_aws_kms(uri)
    if uri.startswith(("hcvault://", "hcvault+http://")):
        from services.secrets.keys.vault_transit import open_vault_transit  # noqa: PLC0415

        return open_vault_transit(uri, vault_token_file)
    raise ValueError("known are aws-kms://, hcvault:// and hcvault+http://")
