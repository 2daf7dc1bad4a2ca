"""Keeps secrets out of what is shown of a run: logs, errors, requests and answers.

Headers that carry credentials are left out. The value of a sensitive setting is looked for as it is, as JSON, URL, hex
and base64 write it. This is against accidents, not against an author who wants his own secret out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote, quote_plus

from services.executor.results import InvocationResult, RequestRecord

MASK = "••••••"
# Stands where a text was cut.
CUT = "…"
# Shorter values, `1` or `true`, are found everywhere and are no secrets.
SHORTEST = 4
SHORTEST_LINE = 8
# What QuickJS says of a text that is no JSON.
_QUOTED = re.compile("(unexpected token: ')([^'\n]{4,})'")
# JSON within JSON within JSON: a log line of a message that carries a message.
_JSON_DEPTH = 3
# Part of the name of a header whose value is a credential.
SECRET_HEADERS = ("authorization", "cookie", "key", "token", "secret", "password", "signature")
# What a URL's path may hold as it is.
_LEFT_IN_PATHS = "/:@!$&'()*+,;=|[]"
# A text in JSON, wherever it stands; each of its characters is looked at once.
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
# Headers that only look like it.
_HARMLESS_HEADERS = ("idempotency-key",)


class Masker:
    """Replaces secrets by a mask."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= SHORTEST for form in writings_of(value)}
        alternatives = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._text = re.compile(alternatives) if forms else None
        self._bytes = re.compile(alternatives.encode()) if forms else None
        self._forms = [form for form in forms if len(form) > SHORTEST]

    def text(self, text: str) -> str:
        """Mask the secrets in a text, also one of which a border has left the beginning alone."""
        if self._text is None:
            return text
        return self._without_beginnings(_QUOTED.sub(self._quoted, self._text.sub(MASK, text)))

    def data(self, data: bytes) -> bytes:
        """Mask the secrets in bytes, as `text` does."""
        if self._bytes is None:
            return data
        return _in_bytes(self._bytes.sub(MASK.encode(), data), self._without_beginnings)

    def _quoted(self, found: re.Match[str]) -> str:
        """Mask the part of a secret that the engine quotes when it cannot read that as JSON."""
        return f"{found[1]}{MASK}'" if any(found[2] in form for form in self._forms) else found[0]

    def _without_beginnings(self, text: str) -> str:
        """Mask each beginning of a secret that a border ends: that of the text, or a mark of where it was cut.

        Goes from the end, since a secret can hold such a mark itself.
        """
        shown: list[str] = []
        rest, border = len(text), len(text)
        while border >= 0:
            start = self._beginning(text, border)
            shown += [text[border:rest], MASK if start < border else ""]
            rest, border = start, text.rfind(CUT, 0, start)
        return text[:rest] + "".join(reversed(shown))

    def _beginning(self, text: str, border: int) -> int:
        """Give where the longest beginning of a secret that ends at the border starts; the border for none."""
        first = border
        for form in self._forms:
            at = text.find(form[:SHORTEST], max(border - len(form), 0), border)
            while at >= 0 and not form.startswith(text[at:border]):
                at = text.find(form[:SHORTEST], at + 1, border)
            first = min(first, at) if at >= 0 else first
        return first

    def result(self, result: InvocationResult) -> InvocationResult:
        """Mask what is shown of a run; what the function returned or sent on stays as it is."""
        error = result.error
        if not (error or result.logs or result.requests or result.batch):
            return result
        if error is not None:
            shown = {name: self.text(getattr(error, name)) for name in ("name", "message", "stack", "source_line")}
            error = replace(error, **shown)
        logs = [replace(line, text=self.text(line.text)) for line in result.logs]
        return replace(
            result,
            error=error,
            logs=logs,
            requests=[self._request(each) for each in result.requests],
            batch=[replace(entry, message=self.text(entry.message)) for entry in result.batch],
        )

    def sent(self, result: InvocationResult) -> InvocationResult:
        """Mask what the function returned and sent on, where all of a run is shown and nothing of it goes on."""
        if self._text is None:
            return result
        return replace(
            result,
            returned=self._json(result.returned),
            messages=[self._json(each) for each in result.messages],
            objects=[self._json(each) for each in result.objects],
            batch=[replace(entry, event=self._json(entry.event)) for entry in result.batch],
        )

    def _json(self, data: bytes) -> bytes:
        """Mask the secrets in the texts of JSON, which stays JSON."""
        return _JSON_TEXT.sub(self._json_text, data.decode(errors="surrogatepass")).encode(errors="surrogatepass")

    def _json_text(self, found: re.Match[str]) -> str:
        text: str = json.loads(found[0], strict=False)
        shown = self._text.sub(MASK, text) if self._text else text
        return found[0] if shown == text else json.dumps(shown)

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


def _in_bytes(data: bytes, change: Callable[[str], str]) -> bytes:
    return change(data.decode(errors="surrogateescape")).encode(errors="surrogateescape")


def _is_credential(header: str) -> bool:
    return header not in _HARMLESS_HEADERS and any(part in header for part in SECRET_HEADERS)


def texts_of(value: Any) -> Iterator[str]:
    """Give the texts in a setting's value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from texts_of(each)


def writings_of(value: str) -> Iterator[str]:
    """Give the ways in which a text is looked for; the lines of a text of many, which logs show one by one, too."""
    yield from _writings_of_whole(value)
    lines = value.splitlines()
    for line in lines if len(lines) > 1 else ():
        if len(line) >= SHORTEST_LINE:
            yield from _writings_of_whole(line)


def _writings_of_whole(value: str) -> Iterator[str]:
    data = value.encode(errors="surrogatepass")
    yield value
    yield from _within_json(value)
    yield quote(data, safe="")
    yield quote_plus(data)
    yield quote(data, safe=_LEFT_IN_PATHS)
    yield data.hex()
    yield data.hex().upper()
    yield from _base64_forms(data)


def _within_json(value: str) -> Iterator[str]:
    """What JSON makes of a text, also JSON that is a text of other JSON; and the console, which leaves quotes."""
    yield json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"')
    texts = {value}
    for _ in range(_JSON_DEPTH):
        texts = {json.dumps(text, ensure_ascii=as_ascii)[1:-1] for text in texts for as_ascii in (True, False)}
        yield from texts


def _base64_forms(data: bytes) -> Iterator[str]:
    """What of the value's base64 does not depend on what stands before and behind it, for each of three offsets."""
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + data).decode().rstrip("=")
        whole = text[(0, 2, 3)[offset] : len(text) if (offset + len(data)) % 3 == 0 else -1]
        if len(whole) >= SHORTEST:
            yield whole
            yield whole.replace("+", "-").replace("/", "_")
