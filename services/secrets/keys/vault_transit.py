"""Keys in the transit engine of Vault or OpenBao: `hcvault://<host>:<port>/<mount>/keys/<name>`.

The token comes from a file, or from where Vault's own command line looks for it: `VAULT_TOKEN`, `~/.vault-token`;
certificates and namespace from `VAULT_CACERT`, `VAULT_CAPATH`, `VAULT_NAMESPACE`.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hvac
import tink
from hvac.exceptions import InvalidRequest
from tink import aead
from tink.integration import hcvault

from services.secrets.keys.kms import Kms

_TIMEOUT_S = 2
_CIPHERTEXT = re.compile(rb"vault:v([0-9]+):.*")
# What a status of 400 says of a ciphertext; it is that of a missing key too.
_REFUSALS = re.compile("invalid ciphertext|authentication failed")


def open_vault_transit(uri: str, token_file: Path | None) -> Kms:
    """Make a client of the key. Raises ValueError for a URI that names none."""
    parts = urlsplit(uri)
    try:
        untyped: Any = hvac
        client = untyped.Client(
            url=f"{_scheme(parts.scheme, parts.hostname or '')}://{parts.netloc}",
            timeout=_TIMEOUT_S,
            namespace=os.environ.get("VAULT_NAMESPACE"),
        )
        return Kms(_Transit(hcvault.new_aead(parts.path, client), client, token_file), _refuses, _version_of)
    except tink.TinkError:
        raise ValueError("a key in Vault is hcvault://<host>:<port>/<mount>/keys/<name>") from None


class _Transit(aead.Aead):
    """Uses the token that its file has now: Vault's agent renews it there."""

    def __init__(self, inner: aead.Aead, client: Any, token_file: Path | None) -> None:
        self._inner = inner
        self._client = client
        self._token_file = token_file

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        self._read_token()
        return self._inner.encrypt(plaintext, associated_data)

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        self._read_token()
        return self._inner.decrypt(ciphertext, associated_data)

    def _read_token(self) -> None:
        if self._token_file:
            self._client.token = self._token_file.read_text().strip()


def _scheme(scheme: str, host: str) -> str:
    """Give that of HTTP. Data keys go through it, so without TLS it must not leave the machine."""
    if scheme == "hcvault":
        return "https"
    try:
        is_local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise ValueError("hcvault+http:// is for an agent on this machine; elsewhere it is hcvault://")
    return "http"


def _refuses(error: Exception) -> bool:
    cause: Any = error.args[0] if isinstance(error, tink.TinkError) and error.args else None
    return isinstance(cause, InvalidRequest) and bool(_REFUSALS.search(str(cause)))


def _version_of(ciphertext: bytes) -> str:
    found = _CIPHERTEXT.fullmatch(ciphertext)
    return found[1].decode() if found else ""
