"""Who a service is: a random token of its own, which the others know by its digest alone.

A service that is taken over can therefore pretend to be nobody else. The tokens are made on first start.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

SERVICES = ("gateway", "registry", "secrets", "executor", "delivery")


def digest(token: str) -> str:
    """SHA-256 in hex: how tokens of every kind are known. They are random, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_identities(path: Path | None) -> Mapping[str, str]:
    """Read which service each digest belongs to. Without a file nobody is known."""
    return json.loads(path.read_text()) if path else {}


def make_tokens(folder: Path) -> dict[str, str]:
    """Read the services' tokens, `<service>.token` (0600); make what is missing, and write `identities.json`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens = {service: _token(folder / f"{service}.token") for service in SERVICES}
    (folder / "identities.json").write_text(json.dumps({digest(t): service for service, t in tokens.items()}, indent=2))
    return tokens


def _token(path: Path) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
