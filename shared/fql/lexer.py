"""FQL text as tokens, in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.fql.errors import FqlError

WORD, NUMBER, STRING, SIGN, END = "word", "number", "string", "sign", "end"

# Each alternative begins with characters of its own, so nothing is looked at twice.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<word>(?:[A-Za-z_]|\\.)(?:[A-Za-z0-9_-]|\\.)*)
    |(?P<number>[+-]?[0-9]+(?:\.[0-9]+)?)
    |(?P<string>"[^"]*"|'[^']*')
    |(?P<sign>!=|<=|>=|[=<>!.,()\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_AFTER_WORD = frozenset(" \t\r\n.(=!,])")
_NEGATABLE = re.compile(r"[A-Za-z_\\(]")
_QUOTES = frozenset("\"'")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, string or sign as it is written, and where it begins; at the end of the text an empty one."""

    kind: str
    text: str
    offset: int


def tokens(text: str) -> list[Token]:
    """Give the tokens of a text, the last one of the kind END. Raises FqlError where no token begins."""
    found: list[Token] = []
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None or match.lastgroup is None:
            raise FqlError(offset, _complaint(text, offset))
        offset = match.end()
        if match.lastgroup != "space":
            token = Token(match.lastgroup, match.group(), match.start())
            _check_neighbour(token, text[offset : offset + 1])
            found.append(token)
    return [*found, Token(END, "", len(text))]


def _check_neighbour(token: Token, following: str) -> None:
    if token.kind == WORD and following and following not in _AFTER_WORD:
        raise FqlError(token.offset + len(token.text), f"expected a space, found {following!r}")
    if token.text == "!" and not _NEGATABLE.match(following):
        raise FqlError(token.offset + 1, "expected a name or '(' right after '!'")


def _complaint(text: str, offset: int) -> str:
    character = text[offset]
    if character in _QUOTES:
        return f"expected a closing {character} for this text"
    if character == "\\":
        return "expected a character after '\\'"
    if character in "+-":
        return f"expected digits after {character!r}"
    return f"expected a name, a value or an operator, found {character!r}"
