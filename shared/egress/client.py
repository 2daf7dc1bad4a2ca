"""Requests to the outside: every hop checked, time and size bounded, nothing kept between requests but connections."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from types import TracebackType
from typing import Literal, Self

import aiohttp

from shared.egress.connections import Connections
from shared.egress.decoding import BodyReader, CorruptError, OversizeError
from shared.egress.errors import EgressError, denied, from_client_error
from shared.egress.headers import (
    checked_headers,
    checked_method,
    has_header,
    without_content,
    without_credentials,
)
from shared.egress.policy import EgressPolicy
from shared.egress.resolver import Lookup, SystemLookup
from shared.egress.rules import EgressRules
from shared.egress.urls import Target, join_target, parse_target

RedirectMode = Literal["follow", "manual", "error"]

_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_MAX_ANSWER_HEADER_BYTES = 64 * 1024
_LARGE_BODY_BYTES = 1024 * 1024
_NO_RULES = EgressRules()


@dataclass(frozen=True, slots=True)
class EgressResponse:
    """An answer, whatever its status: `url` is the last one asked, `headers` are as received.

    `body` is inflated, unless the request said not to.
    """

    status: int
    reason: str
    url: str
    redirected: bool
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    target: Target
    headers: Sequence[tuple[str, str]]
    body: bytes | None
    max_body_bytes: int
    rules: EgressRules
    inflate: bool = True
    hops: int = 0


class EgressClient:
    """The HTTP client under an egress policy; use as an async context manager.

    No cookies, proxies or credentials of the environment are used. Connections are reused under the rules that they
    were made under: their address was checked then.
    """

    def __init__(
        self,
        *,
        policy: EgressPolicy,
        user_agent: str | None = None,
        max_connections: int = 512,
        max_connections_per_host: int = 100,
        lookup: Lookup | None = None,
    ) -> None:
        self._policy = policy
        self._user_agent = user_agent or f"Penstock/{version('penstock')}"
        self._max_connections = max_connections
        self._max_connections_per_host = max_connections_per_host
        self._system_lookup = SystemLookup()
        self._lookup = lookup or self._system_lookup
        self._connections: Connections | None = None

    async def __aenter__(self) -> Self:
        self._connections = Connections(
            policy=self._policy,
            lookup=self._lookup,
            limit=self._max_connections,
            limit_per_host=self._max_connections_per_host,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._connections is not None:
            await self._connections.close()
        self._system_lookup.close()

    async def request(
        self,
        *,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        timeout_s: float,
        max_body_bytes: int,
        redirect: RedirectMode = "follow",
        max_redirects: int = 20,
        inflate: bool = True,
        rules: EgressRules | None = None,
    ) -> EgressResponse:
        """Send a request and read its whole answer.

        Args:
            method: Any token but CONNECT, TRACE and TRACK.
            url: Absolute, http or https, without credentials.
            headers: Names may repeat. Those of the connection are refused, see `headers`.
            body: Sent with its Content-Length; None sends none.
            timeout_s: For all hops and the answer's last byte together.
            max_body_bytes: Of the answer, as received and as inflated.
            redirect: As in the Fetch standard; `manual` returns the redirect itself with an absolute Location.
            max_redirects: Hops followed before `max-redirect`.
            inflate: Ask for compressed answers and inflate them; otherwise the body is what the server sent.
            rules: Of the workspace: each hop must be allowed by them and by the policy. None for none.

        Raises:
            EgressError: refused, unreachable, too slow, too long, or redirected against the mode.
        """
        target = parse_target(url)
        request = _Request(
            method=checked_method(method),
            target=target,
            headers=checked_headers(headers, target=target, body_bytes=len(body or b"")),
            body=body,
            max_body_bytes=max_body_bytes,
            rules=rules or _NO_RULES,
            inflate=inflate,
        )
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(request, redirect=redirect, max_redirects=max_redirects)
        except TimeoutError:
            raise EgressError("ETIMEDOUT", f"network timeout at: {url}", "request-timeout") from None

    async def _follow(self, request: _Request, *, redirect: RedirectMode, max_redirects: int) -> EgressResponse:
        while True:
            answer = await self._exchange(request, redirect=redirect)
            if isinstance(answer, EgressResponse):
                return answer
            if redirect == "error":
                text = "uri requested responds with a redirect, redirect mode is set to error"
                raise EgressError("ERR_REDIRECT", f"{text}: {request.target.url}", "no-redirect")
            if request.hops >= max_redirects:
                raise EgressError(
                    "ERR_MAX_REDIRECT", f"maximum redirect reached at: {request.target.url}", "max-redirect"
                )
            request = _redirected(request, answer)

    async def _exchange(self, request: _Request, *, redirect: RedirectMode) -> EgressResponse | aiohttp.ClientResponse:
        """Make one hop. Returns the raw answer, closed, where it is a redirect that is not the caller's to see."""
        target = request.target
        self._check(target, request.rules)
        if self._connections is None:
            raise RuntimeError("the client is used before it is entered")
        try:
            async with (
                self._connections.lend(request.rules, host=target.host, port=target.port) as session,
                await self._send(session, request) as answer,
            ):
                _check_header_bytes(answer)
                if _is_redirect(answer) and redirect != "manual":
                    answer.close()
                    return answer
                body = await _read_body(answer, request)
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise from_client_error(error, host=target.host, port=target.port) from error
        return EgressResponse(
            answer.status,
            _latin1(answer.reason or ""),
            str(target.url),
            request.hops > 0,
            _shown_headers(answer, target),
            body,
        )

    async def _send(self, session: aiohttp.ClientSession, request: _Request) -> aiohttp.ClientResponse:
        defaults = [("User-Agent", self._user_agent), ("Accept", "*/*")]
        if request.inflate:
            defaults.append(("Accept-Encoding", "gzip, deflate, br"))
        added = [(name, value) for name, value in defaults if not has_header(request.headers, name.lower())]
        return await session.request(
            request.method,
            request.target.url,
            headers=[*request.headers, *added],
            data=_payload(request.body),
            allow_redirects=False,
            skip_auto_headers=("Accept-Encoding",),
        )

    def _check(self, target: Target, rules: EgressRules) -> None:
        """Check what needs no resolver: addresses written in the URL, which aiohttp asks none about, and names."""
        address = target.host if target.is_literal else None
        kind = self._policy.refusal(address, target.port) if address else None
        refusal = f"it is {kind}" if kind else rules.refusal(target.host, target.port, address)
        if refusal is not None:
            raise denied(f"{target.authority} is refused: {refusal}")


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    """Have a large body sent in pieces, so that the loop goes on meanwhile."""
    return io.BytesIO(body) if body is not None and len(body) > _LARGE_BODY_BYTES else body


def _is_redirect(answer: aiohttp.ClientResponse) -> bool:
    return answer.status in _REDIRECT_STATUSES and "Location" in answer.headers


def _redirected(request: _Request, answer: aiohttp.ClientResponse) -> _Request:
    """Return the next hop's request: a changed method loses its body, another origin sees no credentials."""
    target = join_target(request.target, answer.headers["Location"])
    following = replace(request, target=target, hops=request.hops + 1)
    to_get = answer.status == 303 and request.method != "HEAD"
    if to_get or (answer.status in {301, 302} and request.method == "POST"):
        following = replace(following, method="GET", body=None, headers=without_content(request.headers))
    if target.origin != request.target.origin:
        following = replace(following, headers=without_credentials(following.headers))
    return following


def _check_header_bytes(answer: aiohttp.ClientResponse) -> None:
    if sum(len(name) + len(value) for name, value in answer.raw_headers) > _MAX_ANSWER_HEADER_BYTES:
        answer.close()
        raise EgressError("HPE_HEADER_OVERFLOW", "Parse Error: Header overflow")


async def _read_body(answer: aiohttp.ClientResponse, request: _Request) -> bytes:
    url = request.target.url
    encoding = ", ".join(answer.headers.getall("Content-Encoding", ())) if request.inflate else ""
    reader = BodyReader(content_encoding=encoding, max_bytes=request.max_body_bytes)
    try:
        async for piece in answer.content.iter_any():
            reader.feed(piece)
    except OversizeError:
        answer.close()
        text = f"content size at {url} over limit: {request.max_body_bytes}"
        raise EgressError("ERR_BODY_TOO_LARGE", text, "max-size") from None
    except CorruptError as error:
        answer.close()
        text = f"Invalid response body while trying to fetch {url}: {error}"
        raise EgressError("Z_DATA_ERROR", text) from None
    return reader.body()


def _shown_headers(answer: aiohttp.ClientResponse, target: Target) -> list[tuple[str, str]]:
    headers = [(name, _latin1(value)) for name, value in answer.headers.items()]
    if not _is_redirect(answer):
        return headers
    try:
        location = str(join_target(target, answer.headers["Location"]).url)
    except EgressError:
        return headers  # a place that cannot be asked is the caller's to see
    return [(name, location if name.lower() == "location" else value) for name, value in headers]


def _latin1(text: str) -> str:
    """Give each byte as one character, as Node.js does: what aiohttp could not decode would be no valid text."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")
