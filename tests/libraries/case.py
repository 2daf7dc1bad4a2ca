"""What the test of a library that functions find built in is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"


@dataclass(frozen=True)
class Sent:
    """A request that must have come: `target` is `METHOD host/path`; the texts stand in its headers or its body."""

    target: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the server answers: a text as it is, anything else as JSON."""

    body: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Case:
    """The main job of a library: a handler's body, what it must return, and what must have been sent.

    `library` is its name in the catalogue, `package` that in npm, `offered` the name that authors write. Requests are
    answered by `answers`, in their order by `METHOD host/path`. With `aws` moto's server is at `settings.endpoint`.
    """

    library: str
    package: str
    offered: str
    proven: str
    code: str
    returned: Any
    answers: Mapping[str, Answer | list[Answer]] = field(default_factory=dict[str, Any])
    sent: tuple[Sent, ...] = ()
    logs: tuple[str, ...] = ()
    differences: str = ""
    aws: bool = False
