"""Reading a webhook's body: bounded in size, and of a kind that a function can read."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Receive

from services.gateway.answers import Refused, of_error
from services.gateway.room import EVENT_BYTES, Held
from shared.errors import PenstockError
from shared.strict_json import parse_json

_JSON = b"application/json"
_FORM = b"application/x-www-form-urlencoded"
# A client that is cut off while it sends does not read the answer, so a body somewhat too large is read and dropped.
_LINGER = 2


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, held: Held, *, size_bytes: int) -> bytes:
    """Read a JSON or form body. Raises Refused: 413, 415, 429 and 503 without room, 400 for JSON that is none."""
    kind = _kind(headers)
    try:
        body = await read_bounded(receive, held, size_bytes)
    except PenstockError as error:
        raise of_error(error, close=True) from None
    if kind == _JSON:
        try:
            parse_json(body)
        except ValueError:
            raise Refused(400, "MALFORMED_JSON", "The body is not valid JSON.") from None
    return body


def _kind(headers: Mapping[bytes, bytes]) -> bytes:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in (_JSON, _FORM):
        message = f"The content type must be {_JSON.decode()} or {_FORM.decode()}."
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", message, close=True)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refused(415, "UNSUPPORTED_CONTENT_ENCODING", "The body must not be compressed.", close=True)
    return kind


async def read_bounded(receive: Receive, held: Held, size_bytes: int) -> bytes:
    """Read a body of any kind. Raises Refused: 413 when it is larger; and as `Held.grow`."""
    held.grow(EVENT_BYTES)
    chunks: list[bytes] = []
    received, more = 0, True
    while more and received <= _LINGER * size_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "DISCONNECTED", "The client went away.", close=True)
        chunk, more = message["body"], message["more_body"]
        received += len(chunk)
        if received <= size_bytes:
            held.grow(len(chunk))
            chunks.append(chunk)
    if received > size_bytes:
        raise Refused(413, "TOO_LARGE", f"The body is larger than {size_bytes} bytes.", close=True)
    return b"".join(chunks)
