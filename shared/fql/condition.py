"""Conditions: read once, asked about many messages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.fql.errors import Undecidable
from shared.fql.evaluation import evaluation
from shared.fql.parser import parse_tree
from shared.fql.syntax import Literal, Node
from shared.fql.work import Work

ALL = "all"
_CACHED = 512


class Condition:
    """What a filter asks of a message. Prints as FQL, brackets and spaces in one way."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self._evaluate = evaluation(tree)

    def __str__(self) -> str:
        return str(self.tree)

    def matches(self, message: Mapping[str, Any]) -> bool:
        """Tell whether a message meets it: only if what it comes to is exactly `true`.

        Raises Undecidable when a function gets a value of a type that it is not for, or it takes too many steps;
        nothing else, whatever the message.
        """
        try:
            return self._evaluate(message, Work()) is True
        except RecursionError:
            raise Undecidable("the message nests too deep") from None


@lru_cache(_CACHED)
def parse(text: str) -> Condition:
    """Read FQL, or `all`, which every message meets.

    Raises FqlError when it is no FQL, is larger than 5 KiB or nests more than 40 deep. Takes time linear in the text.
    """
    return Condition(Literal(value=True) if text.strip() == ALL else parse_tree(text))
