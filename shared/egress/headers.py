"""Which headers a tenant may send: none that would let it speak for the connection, the framing or another host."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.egress.errors import EgressError, denied
from shared.egress.urls import Target

Headers = Sequence[tuple[str, str]]

MAX_HEADERS = 100
MAX_HEADER_BYTES = 64 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HOP_BY_HOP = frozenset(
    {"keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "expect", "http2-settings"}
)  # fmt: skip
_SET_BY_CLIENT = frozenset({"host", "content-length", "connection"})
_CREDENTIALS = frozenset({"authorization", "cookie", "cookie2", "www-authenticate"})
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})


def checked_method(method: str) -> str:
    """Return the method in upper case. Raises EgressError for what is no token or would change the connection."""
    upper = method.upper()
    if not _TOKEN.fullmatch(method) or len(method) > 32:
        raise EgressError("ERR_INVALID_HTTP_TOKEN", "Method must be a valid HTTP token")
    if upper in _FORBIDDEN_METHODS:
        raise denied(f"the method {upper} is refused")
    return upper


def checked_headers(headers: Headers, *, target: Target, body_bytes: int) -> list[tuple[str, str]]:
    """Return the headers to send, without those that the client sets itself. Raises EgressError with the reason.

    Host, Content-Length and Connection are accepted where they repeat what is sent anyway, since libraries set them.
    """
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise denied(f"more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes of them are refused")
    return [(name, value.strip(" \t")) for name, value in headers if _is_sent(name, value, target, body_bytes)]


def without_credentials(headers: Headers) -> list[tuple[str, str]]:
    """Return what may follow a redirect to another origin."""
    return [(name, value) for name, value in headers if name.lower() not in _CREDENTIALS]


def without_content(headers: Headers) -> list[tuple[str, str]]:
    """Return what remains when a redirect turns the request into one without a body."""
    return [(name, value) for name, value in headers if not name.lower().startswith("content-")]


def has_header(headers: Headers, name: str) -> bool:
    return any(item.lower() == name for item, _ in headers)


def _is_sent(name: str, value: str, target: Target, body_bytes: int) -> bool:
    if not _TOKEN.fullmatch(name):
        raise EgressError("ERR_INVALID_HTTP_TOKEN", f"Header name must be a valid HTTP token [{_shown(name)}]")
    if not _VALUE.fullmatch(value):
        raise EgressError("ERR_INVALID_CHAR", f'Invalid character in header content ["{name}"]')
    lower = name.lower()
    if lower in _HOP_BY_HOP:
        raise denied(f"the header {name} is refused: it belongs to the connection")
    if lower not in _SET_BY_CLIENT:
        return True
    expected = {
        "host": (target.authority,),
        "content-length": (str(body_bytes),),
        "connection": ("close", "keep-alive"),
    }
    if value.strip(" \t").lower() not in expected[lower]:
        raise denied(f"the header {name} is refused: it differs from what is sent")
    return False


def _shown(name: str) -> str:
    return name[:100].encode("unicode_escape").decode("ascii")
