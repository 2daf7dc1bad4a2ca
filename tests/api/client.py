"""What a test asks of a client, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: `data`, or the first of the `errors`."""

    status: int
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    error: dict[str, Any] = field(default_factory=dict[str, Any])

    def __getitem__(self, name: str) -> Any:
        """Give a field of the data of a call that must have succeeded."""
        assert self.status in (200, 201), self.error
        return self.data[name]


class Client(Protocol):
    """Calls operations by the names that Segment gives them."""

    def call(self, operation: str, /, **fields: Any) -> Answer:
        """Call one; `body` is what it sends, `token` replaces the owner's, the others are path and query."""
        ...
