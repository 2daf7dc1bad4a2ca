from __future__ import annotations

import pytest

from shared.egress import EgressError
from shared.egress.headers import checked_headers, checked_method, without_content, without_credentials
from shared.egress.urls import parse_target

TARGET = parse_target("https://example.com:8443/x")


def checked(*headers: tuple[str, str], body_bytes: int = 3) -> list[tuple[str, str]]:
    return checked_headers(headers, target=TARGET, body_bytes=body_bytes)


@pytest.mark.parametrize(
    "header",
    [
        ("Host", "other.example"),
        ("host", "example.com"),
        ("Content-Length", "4"),
        ("Content-Length", "3, 3"),
        ("Connection", "upgrade"),
        ("Connection", "close, X-Secret"),
        ("Transfer-Encoding", "chunked"),
        ("transfer-encoding", "identity"),
        ("Upgrade", "websocket"),
        ("TE", "trailers"),
        ("Trailer", "X"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "x"),
        ("Proxy-Connection", "close"),
        ("Expect", "100-continue"),
        ("X-A", "b\r\nHost: evil"),
        ("X-A", "b\nc"),
        ("X-A", "b\rc"),
        ("X-A", "b\x00"),
        ("X-A", "b\r\n folded"),
        ("X-A", "b\n\tfolded"),
        ("X-A", "b\r\n\r\nGET /admin HTTP/1.1"),
        ("X-A", "b\x7f"),
        ("X-A", "b\u010d\u010a"),
        ("X-A", "\x0b"),
        ("\x00X-A", "b"),
        ("X-A ", "b"),
        (" X-A", "b"),
        ("\tX-A", "b"),
        ("(X-A)", "b"),
        ("hOsT", "169.254.169.254"),
        ("Content-Length", "0x3"),
        ("Content-Length", "+3"),
        ("Content-Length", ""),
        ("Transfer-Encoding", " chunked"),
        ("HTTP2-Settings", "x"),
        ("X-A\r\nHost", "evil"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("X-A", "→"),
        ("X-A", "\ud800"),
        ("\ud800", "b"),
        ("", "b"),
        ("X-É", "b"),
    ],
)
def test_headers_of_the_connection_and_smuggled_ones_are_refused(header: tuple[str, str]) -> None:
    with pytest.raises(EgressError) as caught:
        checked(header)
    assert caught.value.message


def test_headers_that_repeat_what_is_sent_are_dropped() -> None:
    mine = ("Host", "Example.com:8443"), ("Content-Length", "3"), ("Connection", "keep-alive"), ("X-A", " b ")
    assert checked(*mine) == [("X-A", "b")]


def test_too_many_headers_are_refused() -> None:
    with pytest.raises(EgressError):
        checked(*[("X", "y")] * 101)
    with pytest.raises(EgressError):
        checked(("X", "y" * 70_000))


@pytest.mark.parametrize("method", ["CONNECT", "trace", "Track", "", "GET /", "GET\r\n", "G" * 33])
def test_methods_that_are_refused(method: str) -> None:
    with pytest.raises(EgressError):
        checked_method(method)


def test_methods_become_upper_case() -> None:
    assert checked_method("patch") == "PATCH"


def test_redirects_strip_credentials_and_content() -> None:
    headers = [("AUTHORIZATION", "a"), ("Cookie", "b"), ("Content-Type", "c"), ("X", "d")]
    assert without_credentials(headers) == [("Content-Type", "c"), ("X", "d")]
    assert without_content(headers) == [("AUTHORIZATION", "a"), ("Cookie", "b"), ("X", "d")]
