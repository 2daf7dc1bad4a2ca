"""Reading a URL once, so that the host that is checked is the host that is dialled.

Browsers' spellings of IPv4 (decimal, octal, hex, fewer parts) become the plain address here, as the URL standard
demands; names go to the resolver in lower-case ASCII.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from yarl import URL

from shared.egress.errors import EgressError, denied

MAX_URL_BYTES = 16 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
# Of what stands in brackets: the standard library ignores what stands beside them.
_BRACKETED = re.compile(r"\[[^\[\]]*\](?::[0-9]*)?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
# What the URL standard leaves as it is; the rest is percent-encoded. "%" stays: the caller has encoded already.
_SAFE_IN_PATH = "".join(character for character in string.punctuation if character not in '"#<>?^`{}')
_SAFE_IN_QUERY = "".join(character for character in string.punctuation if character not in "\"#<>'")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: `host` is a lower-case ASCII name or a plain IP address without brackets."""

    url: URL
    host: str
    port: int
    is_literal: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        return (self.url.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """The value of the Host header: the port is left out where it is the scheme's."""
        host = _bracketed(self.host)
        return host if self.port == _DEFAULT_PORTS[self.url.scheme] else f"{host}:{self.port}"


def parse_target(url: str) -> Target:
    """Read an absolute http or https URL. Raises EgressError: `ERR_INVALID_URL`, or `EGRESS_DENIED` with the reason."""
    if len(url) > MAX_URL_BYTES:
        raise _invalid(f"longer than {MAX_URL_BYTES} characters")
    if _FORBIDDEN.search(url):
        raise _invalid("spaces, control characters, backslashes and lone surrogates must be percent-encoded")
    parts, port = _split(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise denied("Only HTTP(S) protocols are supported")
    if "@" in parts.netloc:
        raise denied("credentials in URLs are refused: send an Authorization header")
    host, is_literal = parse_host(parts.hostname or "")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    return Target(_build(parts, host, port), host, port, is_literal)


def join_target(base: Target, location: str) -> Target:
    """Read a Location header relative to the URL that answered with it. Raises EgressError."""
    escaped = location.strip(" \t").replace(" ", "%20").encode("utf-8", "surrogateescape")
    text = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in escaped)
    if _FORBIDDEN.search(text):
        raise _invalid("the redirect's Location has control characters or backslashes")
    return parse_target(urljoin(str(base.url), text))


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _invalid(str(error)) from None
    if port == 0:
        raise _invalid("port 0")
    authority = parts.netloc.rpartition("@")[2]
    if ("[" in authority or "]" in authority) and not _BRACKETED.fullmatch(authority):
        raise _invalid("something stands beside the brackets of an address")
    return parts, port


def _build(parts: SplitResult, host: str, port: int) -> URL:
    return URL.build(
        scheme=parts.scheme,
        host=_bracketed(host),
        port=port,
        path=quote(parts.path or "/", safe=_SAFE_IN_PATH),
        query_string=quote(parts.query, safe=_SAFE_IN_QUERY),
        encoded=True,
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def parse_host(raw: str) -> tuple[str, bool]:
    """Give a host as it is looked up or dialled, and whether it is an address. Raises EgressError."""
    if ":" in raw:
        return _parse_ipv6(raw), True
    host = _to_ascii(unquote(raw))
    if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        return _parse_ipv4(host), True
    if not _NAME.fullmatch(host) or len(host) > 253:
        raise _invalid(f"'{raw[:100]}' is no host name")
    return host, False


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return (URL.build(scheme="http", host=host).raw_host or "").lower()
    except ValueError:
        raise _invalid(f"'{host[:100]}' is no host name") from None


def _parse_ipv6(raw: str) -> str:
    try:
        address = IPv6Address(raw)
    except AddressValueError:
        raise _invalid(f"'{raw[:100]}' is no IPv6 address") from None
    if address.scope_id is not None:
        raise denied("IPv6 zones are refused")
    return str(address)


def _parse_ipv4(host: str) -> str:
    """Read the URL standard's spellings: 1 to 4 parts, each decimal, 0octal or 0xhex, the last filling the rest."""
    parts = host.removesuffix(".").split(".")
    try:
        numbers = [_parse_number(part) for part in parts]
    except ValueError:
        raise _invalid(f"'{host[:100]}' is no IPv4 address") from None
    fits = len(numbers) <= 4 and all(number < 256 for number in numbers[:-1])
    if not fits or numbers[-1] >= 256 ** (5 - len(numbers)):
        raise _invalid(f"'{host[:100]}' is no IPv4 address")
    leading = sum(number << (24 - 8 * index) for index, number in enumerate(numbers[:-1]))
    return str(IPv4Address(leading + numbers[-1]))


def _parse_number(part: str) -> int:
    if len(part) > 32:
        raise ValueError(part)
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if len(part) > 1 and part.startswith("0") else 10)


def _invalid(reason: str) -> EgressError:
    return EgressError("ERR_INVALID_URL", f"Invalid URL: {reason}")
