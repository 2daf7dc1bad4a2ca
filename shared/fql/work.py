"""A bound on what asking a condition may cost, whatever the condition and the message."""

from __future__ import annotations

from shared.fql.errors import Undecidable

MAX_STEPS = 250_000


class Work:
    """Counts the steps of one evaluation: values compared, characters matched."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count some. Raises Undecidable when they are used up."""
        self._left -= steps
        if self._left < 0:
            raise Undecidable(f"it takes more than {MAX_STEPS:,} steps")
