"""Keeps the values of sensitive settings out of a record, and puts them back when it is replayed.

Wherever one stands, in any writing that `masking` knows, the record holds a mark that tells which. A mark begins with
random letters of its record alone, so that no text which a function or server wrote can be taken for one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, cast

from services.executor.masking import SHORTEST, texts_of, writings_of

# Guessing a secret with the record's check costs 16 MiB and some 40 ms a try.
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1


class Seal:
    """The sensitive values of one run, by name. `salt` is the record's own: 32 hex digits, made here by default."""

    def __init__(self, sensitive: Mapping[str, Any], salt: str = "") -> None:
        self.salt = salt or secrets.token_hex(16)
        values = (text for name in sorted(sensitive) for text in texts_of(sensitive[name]))
        self._writings = list(dict.fromkeys(each for v in values if len(v) >= SHORTEST for each in writings_of(v)))
        self._index = {writing: index for index, writing in enumerate(self._writings)}
        longest_first = sorted(self._writings, key=len, reverse=True)
        self._found = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self._mark = f"⟦{self.salt[:12]}:"
        self._marked = re.compile(rf"{re.escape(self._mark)}(\d{{1,6}})⟧")
        derived = _derived(sensitive, self.salt)
        self.check, self._key = derived[:32].hex(), derived[32:]

    def hide(self, value: Any) -> Any:
        """Give a JSON value with marks for the secrets in its texts and names."""
        return value if self._found is None else _in_texts(value, self._hidden)

    def show(self, value: Any) -> Any:
        """Give back what `hide` was given. Raises ValueError for a mark that is none of this seal."""
        return value if self._found is None else _in_texts(value, self._shown)

    def digest(self, value: Any) -> str:
        """Give a digest of a JSON value that tells nothing to who does not know the secrets."""
        return hmac.digest(self._key, json.dumps(value).encode(), "sha256").hex()[:32]

    def _hidden(self, text: str) -> str:
        assert self._found is not None  # noqa: S101
        return self._found.sub(lambda found: f"{self._mark}{self._index[found[0]]}⟧", text)

    def _shown(self, text: str) -> str:
        return self._marked.sub(self._writing, text)

    def _writing(self, mark: re.Match[str]) -> str:
        index = int(mark[1])
        if index >= len(self._writings):
            raise ValueError(f"the record has a mark {mark[0]} that is none of its settings")
        return self._writings[index]


def _derived(sensitive: Mapping[str, Any], salt: str) -> bytes:
    if not sensitive:
        return hashlib.sha512(salt.encode()).digest()
    secret = json.dumps(sensitive, sort_keys=True).encode()
    return hashlib.scrypt(secret, salt=salt.encode(), n=_COST, r=_BLOCK, p=_PARALLEL, dklen=64)


def _in_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _in_texts(each, change) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_in_texts(each, change) for each in cast("list[Any]", value)]
    return value
