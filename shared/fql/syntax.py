"""Conditions as trees. Each prints as the FQL that it is read from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

KEYWORDS = frozenset({"and", "or", "in", "true", "false", "null"})
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_UNPLAIN = re.compile(r"[^A-Za-z0-9_-]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the message; null where it is missing."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        first, *others = self.names
        return ".".join([f"\\{first}" if first in KEYWORDS else _escaped(first), *map(_escaped, others)])


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, `true`, `false` or `null`."""

    value: str | int | float | bool | None

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return f"'{self.value}'" if '"' in self.value else f'"{self.value}"'
        if self.value is None or isinstance(self.value, bool):
            return {None: "null", True: "true", False: "false"}[self.value]
        if isinstance(self.value, int):
            return str(self.value)
        plain = f"{Decimal(repr(self.value)):f}"
        return plain if "." in plain else f"{plain}.0"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of values."""

    items: tuple[Value, ...]

    def __str__(self) -> str:
        return f"[{_listed(self.items)}]"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values."""

    name: str
    arguments: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.name}({_listed(self.arguments)})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values and `=`, `!=`, `<`, `<=`, `>`, `>=` or `in` between them."""

    operator: str
    left: Value
    right: Value

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of a condition."""

    operand: Node

    def __str__(self) -> str:
        return f"!{self.operand}" if isinstance(self.operand, Path | Call) else f"!({self.operand})"


@dataclass(frozen=True, slots=True)
class Joined:
    """Two or more conditions with `and`, or with `or`, between them."""

    word: str
    operands: tuple[Node, ...]

    def __str__(self) -> str:
        return f" {self.word} ".join(
            f"({operand})" if isinstance(operand, Joined) and not self._binds_looser(operand) else str(operand)
            for operand in self.operands
        )

    def _binds_looser(self, operand: Joined) -> bool:
        return self.word == "or" and operand.word == "and"


Value: TypeAlias = Path | Literal | Listing | Call
Node: TypeAlias = Value | Comparison | Not | Joined


def _escaped(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    escaped = _UNPLAIN.sub(lambda match: "\\" + match.group(), name)
    return escaped if escaped[0] == "\\" or escaped[0].isalpha() else "\\" + escaped


def _listed(values: Sequence[Value]) -> str:
    return ", ".join(map(str, values))
