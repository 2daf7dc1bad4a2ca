"""Messages as NATS reads them: one frame of its protocol for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.errors import InvalidArgument

MESSAGE_ID_HEADER = "Nats-Msg-Id"


@dataclass(frozen=True, slots=True)
class Publication:
    """A message to publish. `message_id` is what its stream drops repeats by, within two minutes; empty for none."""

    subject: str
    payload: bytes
    message_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def frame(publication: Publication, reply: str, limit_bytes: int) -> tuple[bytes, bytes, bytes]:
    """Make the parts of a frame. Raises InvalidArgument (TOO_LARGE), also for what cannot be in a header."""
    header, payload = _header(publication), publication.payload
    size = len(header) + len(payload)
    if size > limit_bytes:
        # The server would close the connection on it.
        raise InvalidArgument(f"The message of {size} bytes is larger than NATS takes.", reason="TOO_LARGE")
    if not header:
        return f"PUB {publication.subject} {reply} {size}\r\n".encode(), payload, b"\r\n"
    command = f"HPUB {publication.subject} {reply} {len(header)} {size}\r\n".encode()
    return command + header, payload, b"\r\n"


def _header(publication: Publication) -> bytes:
    text = f"{MESSAGE_ID_HEADER}: {publication.message_id}\r\n" if publication.message_id else ""
    for name, value in publication.headers.items():
        text += f"{name}: {value}\r\n"
    if not text:
        return b""
    lines = len(publication.headers) + bool(publication.message_id)
    if text.count("\n") != lines or text.count("\r") != lines:
        raise InvalidArgument("A header may not have line breaks.", reason="HEADER_INVALID")
    return f"NATS/1.0\r\n{text}\r\n".encode()
