"""FQL text as a tree: recursive descent, `and` before `or`.

condition = group { "or" group }            group = term { "and" term }
term      = "!" ( "(" condition ")" | call | path | true | false ) | "(" condition ")"
          | value [ ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value | "in" ( list | path ) ]
value     = path | text | number | true | false | null | list | call
call      = name "(" value { "," value } ")"      list = "[" [ value { "," value } ] "]"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from shared.fql.errors import FqlError
from shared.fql.functions import ARITY
from shared.fql.lexer import END, NUMBER, SIGN, STRING, WORD, Token, tokens
from shared.fql.syntax import KEYWORDS, Call, Comparison, Joined, Listing, Literal, Node, Not, Path, Value

MAX_BYTES = 5 * 1024
MAX_DEPTH = 40
_NUMBER_DIGITS = 100
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_CONSTANTS = {"true": Literal(value=True), "false": Literal(value=False), "null": Literal(None)}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

T = TypeVar("T")


def parse_tree(text: str) -> Node:
    """Read a condition. Raises FqlError where it is none, is over 5 KiB or nests more than 40 deep."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise FqlError(0, f"expected at most {MAX_BYTES:,} bytes")
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._position = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._next.kind == END:
            raise FqlError(self._next.offset, "expected a condition, found nothing")
        tree = self._condition()
        if self._next.kind != END:
            raise self._expected("'and', 'or' or the end")
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._next
        self._position += token.kind != END
        return token

    def _accept(self, kind: str, text: str) -> bool:
        found = self._next.kind == kind and self._next.text == text
        self._position += found
        return found

    def _demand(self, sign: str, expected: str = "") -> None:
        if not self._accept(SIGN, sign):
            raise self._expected(expected or f"'{sign}'")

    def _expected(self, what: str) -> FqlError:
        found = "the end" if self._next.kind == END else self._next.text
        return FqlError(self._next.offset, f"expected {what}, found {found[:40]}")

    @contextmanager
    def _deeper(self) -> Generator[None]:
        if self._depth >= MAX_DEPTH:
            raise FqlError(self._next.offset, f"expected at most {MAX_DEPTH} levels of brackets")
        self._depth += 1
        yield
        self._depth -= 1

    def _condition(self) -> Node:
        return self._joined("or", lambda: self._joined("and", self._term))

    def _joined(self, word: str, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self._accept(WORD, word):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Joined(word, tuple(operands))

    def _term(self) -> Node:
        if self._accept(SIGN, "!"):
            return Not(self._negated())
        if self._next.kind == SIGN and self._next.text == "(":
            return self._bracketed()
        return self._comparison()

    def _negated(self) -> Node:
        if self._next.kind == SIGN:
            return self._bracketed()
        return self._value()

    def _bracketed(self) -> Node:
        self._demand("(")
        with self._deeper():
            inner = self._condition()
        self._demand(")", "'and', 'or' or ')'")
        return inner

    def _comparison(self) -> Node:
        left = self._value()
        if self._next.kind == SIGN and self._next.text in _COMPARISONS:
            return Comparison(self._take().text, left, self._value())
        if self._accept(WORD, "in"):
            return Comparison("in", left, self._collection())
        if isinstance(left, Listing):
            raise self._expected("an operator after a list")
        return left

    def _collection(self) -> Value:
        offset, value = self._next.offset, self._value()
        if not isinstance(value, Listing | Path):
            raise FqlError(offset, "expected a list or a path after 'in'")
        return value

    def _value(self) -> Value:
        token = self._next
        if token.kind == WORD and (token.text not in KEYWORDS or token.text in _CONSTANTS):
            return self._named(self._take())
        if token.kind == STRING:
            return Literal(self._take().text[1:-1])
        if token.kind == NUMBER:
            return Literal(_number(self._take()))
        if self._accept(SIGN, "["):
            return Listing(self._separated(self._value, "]"))
        raise self._expected("a path, a value or a function")

    def _named(self, token: Token) -> Value:
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        if self._accept(SIGN, "("):
            return self._call(token)
        names = [_unescaped(token.text)]
        while self._accept(SIGN, "."):
            if self._next.kind != WORD:
                raise self._expected("a name after '.'")
            names.append(_unescaped(self._take().text))
        return Path(tuple(names))

    def _call(self, name: Token) -> Call:
        arity = ARITY.get(name.text)
        if arity is None:
            raise FqlError(
                name.offset, f"expected one of the functions {', '.join(sorted(ARITY))}; found {name.text[:40]}"
            )
        arguments = self._separated(self._value, ")")
        if len(arguments) != arity:
            values = "1 value" if arity == 1 else f"{arity} values"
            raise FqlError(name.offset, f"expected {values} for {name.text}, found {len(arguments)}")
        return Call(name.text, arguments)

    def _separated(self, item: Callable[[], T], end: str) -> tuple[T, ...]:
        items: list[T] = []
        with self._deeper():
            while not self._accept(SIGN, end):
                if items:
                    self._demand(",", f"',' or '{end}'")
                items.append(item())
        return tuple(items)


def _number(token: Token) -> int | float:
    if len(token.text) > _NUMBER_DIGITS:
        raise FqlError(token.offset, f"expected a number of at most {_NUMBER_DIGITS} digits")
    return float(token.text) if "." in token.text else int(token.text)


def _unescaped(word: str) -> str:
    return _ESCAPE.sub(r"\1", word)
