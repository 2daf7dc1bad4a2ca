"""What can go wrong with a condition: when it is written, and when it is asked."""

from __future__ import annotations


class FqlError(ValueError):
    """A text is no FQL.

    `offset` is the place of what is wrong, in characters from 0; `message` says what was expected there.
    """

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(f"{message} (at character {offset + 1})")
        self.offset = offset
        self.message = message


class Undecidable(Exception):
    """A condition cannot be decided for a message: a function got a value that it is not for, or it takes too long."""
