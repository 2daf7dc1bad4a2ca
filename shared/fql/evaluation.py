"""Trees as functions of a message, made once for each condition."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from shared.fql.errors import Undecidable
from shared.fql.functions import FUNCTIONS, matching
from shared.fql.syntax import Call, Comparison, Joined, Listing, Literal, Node, Not, Path
from shared.fql.values import are_equal, is_number, type_name
from shared.fql.work import Work

Message: TypeAlias = Mapping[str, Any]
Evaluation: TypeAlias = Callable[[Message, Work], Any]

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def at_path(message: object, names: Sequence[str]) -> Any:
    """Give the value of a field, None where it is missing."""
    value: Any = message
    for name in names:
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(name)
    return value


def evaluation(node: Node) -> Evaluation:
    """Make the function that gives a tree's value for a message."""
    match node:
        case Path(names):
            return lambda message, _: at_path(message, names)
        case Literal(value):
            return _constant(value)
        case Listing(items):
            return _listing([evaluation(item) for item in items])
        case Call():
            return _call(node)
        case Comparison():
            return _comparison(node)
        case Not(operand):
            inner = evaluation(operand)
            return lambda message, work: inner(message, work) is not True
        case Joined(word, operands):
            return _joined(word, [evaluation(operand) for operand in operands])


def _constant(value: Any) -> Evaluation:
    def same(message: Message, work: Work) -> Any:  # noqa: ARG001
        return value

    return same


def _listing(items: list[Evaluation]) -> Evaluation:
    return lambda message, work: [item(message, work) for item in items]


def _call(call: Call) -> Evaluation:
    function = FUNCTIONS[call.name]
    first, *others = [evaluation(argument) for argument in call.arguments]
    if not others:
        return lambda message, work: function(work, first(message, work))
    if call.name == "match" and isinstance(pattern := call.arguments[1], Literal) and isinstance(pattern.value, str):
        function = matching(pattern.value)
        return lambda message, work: function(work, first(message, work))
    second = others[0]
    return lambda message, work: function(work, first(message, work), second(message, work))


def _comparison(comparison: Comparison) -> Evaluation:
    left, right = evaluation(comparison.left), evaluation(comparison.right)
    match comparison.operator:
        case "=":
            return lambda message, work: are_equal(left(message, work), right(message, work), work)
        case "!=":
            return lambda message, work: not are_equal(left(message, work), right(message, work), work)
        case "in":
            return lambda message, work: _is_in(left(message, work), right(message, work), work)
        case _:
            order = _ORDERS[comparison.operator]
            return lambda message, work: _is_ordered(order, left(message, work), right(message, work))


def _is_ordered(order: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    return is_number(left) and is_number(right) and order(left, right)


def _is_in(value: Any, collection: Any, work: Work) -> bool:
    if collection is None:
        return False
    if not isinstance(collection, list):
        raise Undecidable(f"in is for lists, not for {type_name(collection)}s")
    return any(are_equal(value, item, work) for item in cast("list[Any]", collection))


def _joined(word: str, operands: list[Evaluation]) -> Evaluation:
    if word == "and":
        return lambda message, work: all(operand(message, work) is True for operand in operands)
    return lambda message, work: any(operand(message, work) is True for operand in operands)
