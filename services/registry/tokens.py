"""Tokens: 256 random bits after a prefix that tells people and secret scanners what was found."""

from __future__ import annotations

import secrets
from typing import Literal

_RANDOM_BYTES = 32


def new_token(prefix: Literal["ptk", "psk"]) -> str:
    """Make a token: `ptk_…` opens the management API, `psk_…` a source."""
    return f"{prefix}_{secrets.token_hex(_RANDOM_BYTES)}"
