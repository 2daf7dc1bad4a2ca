"""Ids: a prefix that names the kind, then a ULID, so that ids sort by the time of their making."""

from __future__ import annotations

import secrets
import time
from typing import Literal

# Crockford's base 32 in lower case: no i, l, o, u.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# Two characters for each ten bits.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)

Prefix = Literal["ws", "tok", "fn", "ver", "ins", "src", "dst", "evt", "rpl", "aud", "mem", "fil", "ntc"]


def new_id(prefix: Prefix) -> str:
    """Make an id such as `evt_01jd…`: 48 bits of milliseconds, 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
