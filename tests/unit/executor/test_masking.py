from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.executor.masking import MASK, Masker
from services.executor.results import BatchEntry, InvocationResult, Usage

SECRETS = st.text(min_size=6, max_size=40).filter(
    lambda text: text.isprintable() and text.strip() == text and MASK[0] not in text
)
WRITTEN: list[Callable[[str], str]] = [
    lambda text: text,
    lambda text: json.dumps({"key": text}),
    lambda text: json.dumps({"key": text}, ensure_ascii=False),
    lambda text: json.dumps(json.dumps({"key": text}, ensure_ascii=False)),
    lambda text: json.dumps(
        {"log": json.dumps({"body": json.dumps([text], ensure_ascii=False)}, ensure_ascii=False)}, ensure_ascii=False
    ),
    lambda text: "https://api.example/?key=" + quote(text, safe=""),
    lambda text: "key=" + quote_plus(text),
    lambda text: "https://api.example/" + quote(text, safe="/:@!$&'()*+,;=|[]"),
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex().upper(),
]


@settings(deadline=None)
@given(SECRETS, st.sampled_from(WRITTEN), st.text(max_size=10), st.text(max_size=10))
def test_a_secret_is_found_in_every_writing(secret: str, write: Callable[[str], str], before: str, after: str) -> None:
    text = before + write(secret) + after
    masked = Masker([secret]).text(text)
    assert MASK in masked
    assert write(secret) not in masked
    assert MASK.encode() in Masker([secret]).data(text.encode(errors="replace"))


@settings(deadline=None)
@given(SECRETS, st.binary(max_size=7), st.binary(max_size=7))
def test_a_secret_is_found_within_base64(secret: str, before: bytes, after: bytes) -> None:
    masker = Masker([secret])
    assert MASK in masker.text(base64.b64encode(before + secret.encode() + after).decode())
    assert MASK in masker.text(base64.urlsafe_b64encode(before + secret.encode() + after).decode())


def test_what_is_too_short_to_be_a_secret_stays() -> None:
    assert Masker(["1", "on", ""]).text("1 is on") == "1 is on"


def test_a_part_that_the_engine_quotes_is_masked() -> None:
    masker = Masker(["sk_live_7d1f-9c44"])
    assert masker.text("SyntaxError: unexpected token: 'sk_live_7d1f'") == f"SyntaxError: unexpected token: '{MASK}'"
    assert masker.text("SyntaxError: unexpected token: 'undefined'") == "SyntaxError: unexpected token: 'undefined'"


def test_the_longer_of_two_secrets_is_taken_whole() -> None:
    assert Masker(["secret", "secret-2"]).text("secret-2") == MASK


@settings(deadline=None)
@given(SECRETS, st.sampled_from([0, 3, 5]), st.integers(4, 80), st.sampled_from(["", "… [cut]"]))
@example("abcd…efgh", 0, 7, "")
@example("abcd…efgh", 0, 7, "… [cut]")
def test_a_beginning_before_a_border_is_masked(secret: str, writing: int, length: int, end: str) -> None:
    written = {0: secret, 3: quote(secret, safe=""), 5: secret.encode().hex()}[writing]
    cut = written[:length]
    assert Masker([secret]).text("= " + cut + end) == f"= {MASK}{end}"
    assert Masker([secret]).data(f"= {cut}".encode()) == f"= {MASK}".encode()


def test_each_line_of_a_key_is_masked() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ==\n"
    assert "kqhki" not in Masker([key]).text("  " + key.replace("\n", "\n  "))


def _returning(value: object) -> InvocationResult:
    usage = Usage(wall_s=0, fuel=0, memory_bytes=0, cold=True, earlier_events=0)
    text = json.dumps(value).encode()
    return InvocationResult("", text, None, [text], [text], [], [], usage, 0, 0, [BatchEntry(event=text)])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(SECRETS, VALUES)
def test_what_is_shown_of_what_was_sent_stays_json(secret: str, value: object) -> None:
    shown = Masker([secret, "true", '":[', "null"]).sent(_returning({"in": [f"a {secret}", value], secret: 1}))
    for text in (shown.returned, *shown.messages, *shown.objects, shown.batch[0].event):
        read = json.loads(text)
        assert MASK in read["in"][0]
        assert secret not in read["in"][0]
        assert secret not in read


def test_what_was_sent_is_shown_as_it_is_without_secrets() -> None:
    result = _returning({"a": True})
    assert Masker(()).sent(result) is result
    assert Masker(["true"]).sent(result).returned == result.returned
