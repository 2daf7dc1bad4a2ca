"""A counter of the log as this process sees it: what the log has, and what is still to be added to it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from shared.bus import Ack, Publication
from shared.bus.usage import increment
from shared.errors import PenstockError


@dataclass(frozen=True, slots=True)
class _Batch:
    amount: int
    message_id: str = field(default_factory=lambda: secrets.token_hex(8))


class LogCounter:
    """Collects amounts in memory and turns them into increments, one in flight at a time.

    An increment without an answer is published again as it was, under its id, until there is one: the log may have it
    already, and then drops the repeat.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._logged = 0
        self._added = 0
        self._batch: _Batch | None = None
        self.is_known = False

    @property
    def total(self) -> int:
        """What the log had at its last answer (before the first: nothing), and all that was added here since."""
        return self._logged + self._added + (self._batch.amount if self._batch else 0)

    @property
    def owes(self) -> bool:
        """Whether something was added that the log has not confirmed yet."""
        return self._added != 0 or (self._batch is not None and self._batch.amount != 0)

    @property
    def is_due(self) -> bool:
        """Whether to publish: something is owed, or the log's total is not known."""
        return self.owes or not self.is_known

    def add(self, amount: int) -> None:
        """Add to the counter."""
        self._added += amount

    def publication(self) -> Publication:
        """Give the increment to publish now, of 0 where the log is only asked. `take` must get its answer, if any."""
        if self._batch is None:
            self._batch = _Batch(self._added)
            self._added = 0
        return increment(self._subject, self._batch.amount, message_id=self._batch.message_id)

    def take(self, answer: Ack | PenstockError) -> None:
        """Take the answer to the latest publication."""
        if self._batch is None or isinstance(answer, PenstockError):
            return
        # A repeat is answered without a total: others may have added meanwhile, so the log is asked once more.
        self.is_known = answer.total is not None
        self._logged = answer.total if answer.total is not None else self._logged + self._batch.amount
        self._batch = None
