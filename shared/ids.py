"""Ids: a prefix that names the kind, then a ULID, so that ids sort by the time of their making."""

from __future__ import annotations

import secrets
import time
from typing import Literal

# Crockford's base 32 in lower case: no i, l, o, u.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_CHARACTERS = 26

Prefix = Literal["ws", "tok", "fn", "ver", "ins", "src", "dst", "evt", "rpl", "aud"]


def new_id(prefix: Prefix) -> str:
    """Make an id such as `evt_01jd…`: 48 bits of milliseconds, 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(
        _ALPHABET[number >> shift & 31] for shift in range(5 * (_ULID_CHARACTERS - 1), -1, -5)
    )
