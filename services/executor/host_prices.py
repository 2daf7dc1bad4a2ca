"""What priced host functions cost, known from their arguments alone, so that nothing runs that the event cannot pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.executor.host_arguments import Arguments

# 2.3e9 units of fuel stand for 0.25 s.
FUEL_PER_MICROSECOND = 9200
# Nobody else computes during a host call: a single one takes no longer than some 0.1 s, whatever the event may pay.
MAX_CALL_FUEL = 1_000_000_000
# Bytes are decoded, taken through a cipher or a hash, and encoded.
DATA_BYTE_FUEL = 60


@dataclass(frozen=True, slots=True)
class Priced:
    """A host function; `price` gives its fuel, and both raise ValueError for what they refuse."""

    run: Callable[[Arguments], Any]
    price: Callable[[Arguments], int]
