"""Following redirects as node-fetch 2 does, one checked request at a time."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from services.executor.outside import Answer, OutgoingRequest, Outside, RequestFailedError

MAX_REDIRECTS = 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Not carried to another host.
CREDENTIALS = frozenset({"authorization", "www-authenticate", "cookie", "cookie2"})
ENTITY = frozenset({"content-length", "content-type", "content-encoding", "transfer-encoding"})


async def fetch(outside: Outside, request: OutgoingRequest) -> Answer:
    """Send a request and follow where it is redirected, if it may. Raises RequestFailedError."""
    for hop in range(MAX_REDIRECTS + 1):
        answer = await outside.send(request)
        location = _location(answer)
        if location is None or request.redirect == "manual":
            return replace(answer, redirected=hop > 0)
        if request.redirect == "error":
            raise RequestFailedError("ENOREDIRECT", request.url, type="no-redirect")
        request = _next(request, answer.status, location)
    raise RequestFailedError("EMAXREDIRECT", request.url, type="max-redirect")


def _location(answer: Answer) -> str | None:
    if answer.status not in REDIRECTS:
        return None
    found = next((value for name, value in answer.headers if name.lower() == "location"), None)
    return None if found is None else urljoin(answer.url, found)


def _next(request: OutgoingRequest, status: int, location: str) -> OutgoingRequest:
    headers = request.headers
    if urlsplit(location).netloc != urlsplit(request.url).netloc:
        headers = [each for each in headers if each[0].lower() not in CREDENTIALS]
    becomes_get = status == 303 or (status in (301, 302) and request.method == "POST")
    if not becomes_get or request.method in ("GET", "HEAD"):
        return replace(request, url=location, headers=headers)
    headers = [each for each in headers if each[0].lower() not in ENTITY]
    return replace(request, url=location, headers=headers, method="GET", body=b"")
