"""Keeps secrets out of what is shown of a run: logs, errors, requests and answers.

Headers that carry credentials are left out. The value of a sensitive setting is looked for as it is, as JSON, URL, hex
and base64 write it. This is against accidents, not against an author who wants his own secret out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus

from services.executor.results import InvocationResult, RequestRecord

MASK = "••••••"
# Shorter values, `1` or `true`, are found everywhere and are no secrets.
SHORTEST = 4
# Part of the name of a header whose value is a credential.
SECRET_HEADERS = ("authorization", "cookie", "key", "token", "secret", "password", "signature")
# Headers that only look like it.
_HARMLESS_HEADERS = ("idempotency-key",)


class Masker:
    """Replaces secrets by a mask."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        alternatives = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._text = re.compile(alternatives) if forms else None
        self._bytes = re.compile(alternatives.encode()) if forms else None

    def text(self, text: str) -> str:
        return self._text.sub(MASK, text) if self._text else text

    def data(self, data: bytes) -> bytes:
        return self._bytes.sub(MASK.encode(), data) if self._bytes else data

    def result(self, result: InvocationResult) -> InvocationResult:
        """Mask what is shown of a run; what the function returned or sent on stays as it is."""
        error = result.error
        if not (error or result.logs or result.requests):
            return result
        if error is not None:
            error = replace(error, message=self.text(error.message), stack=self.text(error.stack))
        logs = [replace(line, text=self.text(line.text)) for line in result.logs]
        return replace(result, error=error, logs=logs, requests=[self._request(each) for each in result.requests])

    def _request(self, record: RequestRecord) -> RequestRecord:
        return replace(
            record,
            url=self.text(record.url),
            headers=self._headers(record.headers),
            body=self.data(record.body),
            response_headers=self._headers(record.response_headers),
            response_body=self.data(record.response_body),
        )

    def _headers(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, self.text(value)) for name, value in headers if not _is_credential(name.lower())]


def _is_credential(header: str) -> bool:
    return header not in _HARMLESS_HEADERS and any(part in header for part in SECRET_HEADERS)


def _forms(value: str) -> Iterator[str]:
    data = value.encode()
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield quote(value, safe="")
    yield quote_plus(value)
    yield data.hex()
    yield data.hex().upper()
    yield from _base64_forms(data)


def _base64_forms(data: bytes) -> Iterator[str]:
    """What of the value's base64 does not depend on what stands before and behind it, for each of three offsets."""
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + data).decode().rstrip("=")
        whole = text[(0, 2, 3)[offset] : len(text) if (offset + len(data)) % 3 == 0 else -1]
        if len(whole) >= SHORTEST:
            yield whole
            yield whole.replace("+", "-").replace("/", "_")
