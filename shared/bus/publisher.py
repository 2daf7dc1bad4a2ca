"""Publishing into JetStream: many messages in flight, one wait for all their acks.

The client's own `publish` costs a future, a timer and a task switch per message, which at a thousand events a second is
most of what a hop does; here a group of messages shares one of each.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nats.errors
from nats.aio.msg import Msg

from shared.errors import InvalidArgument, PenstockError, ResourceExhausted, Unavailable

MESSAGE_ID_HEADER = "Nats-Msg-Id"

_STORE_FAILED = 10077
_MESSAGE_TOO_LARGE = 10054
_BACKLOG_RETRY_S = 5.0
_UNREACHABLE_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Publication:
    """A message to publish. `message_id` is what its stream drops repeats by, within two minutes; empty for none."""

    subject: str
    payload: bytes
    message_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Ack:
    """The stream has the message, at this sequence; `duplicate` when it had it already.

    `total` is what a counter came to; None for other messages, and for duplicates.
    """

    sequence: int
    duplicate: bool
    total: int | None = None


@dataclass(slots=True)
class _Flight:
    """Publications that are waited for together."""

    results: list[Ack | PenstockError | None]
    missing: int
    landed: asyncio.Future[None]

    def land(self, index: int, result: Ack | PenstockError) -> None:
        self.results[index] = result
        self.missing -= 1
        if self.missing == 0 and not self.landed.done():
            self.landed.set_result(None)


class Publisher:
    """Publishes and awaits acks over one connection."""

    def __init__(self, connection: Any, *, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._reply_prefix = connection.new_inbox() + "."
        self._in_flight: dict[str, tuple[_Flight, int]] = {}
        self._next_token = 0

    async def start(self) -> None:
        """Listen for acks."""
        await self._connection.subscribe(self._reply_prefix + "*", cb=self._on_ack)

    async def publish(self, publication: Publication) -> Ack:
        """Publish one message; the ack tells that it is stored.

        Raises ResourceExhausted (BACKLOG_FULL) when the subject holds as many messages as it may, Unavailable when no
        ack came (the message may be stored all the same), InvalidArgument (TOO_LARGE).
        """
        (result,) = await self.publish_all([publication])
        if isinstance(result, PenstockError):
            raise result
        return result

    async def publish_all(self, publications: Sequence[Publication]) -> list[Ack | PenstockError]:
        """Publish messages and wait once; what `publish` would raise for one stands in its place of the list."""
        if not publications:
            return []
        results: list[Ack | PenstockError | None] = [None] * len(publications)
        flight = _Flight(results, len(publications), asyncio.get_running_loop().create_future())
        tokens: list[str] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                for index, publication in enumerate(publications):
                    tokens.append(self._take_off(flight, index))
                    await self._send(publication, tokens[-1], flight, index)
                await flight.landed
        except TimeoutError:
            pass
        finally:
            for token in tokens:
                self._in_flight.pop(token, None)
        return [result or _unreachable("JetStream did not answer in time.") for result in flight.results]

    def fail_all(self) -> None:
        """Give up what is in flight: its acks will not come over a new connection."""
        for flight, index in list(self._in_flight.values()):
            flight.land(index, _unreachable("The connection to NATS was lost."))
        self._in_flight.clear()

    def _take_off(self, flight: _Flight, index: int) -> str:
        self._next_token += 1
        token = str(self._next_token)
        self._in_flight[token] = (flight, index)
        return token

    async def _send(self, publication: Publication, token: str, flight: _Flight, index: int) -> None:
        headers = dict(publication.headers)
        if publication.message_id:
            headers[MESSAGE_ID_HEADER] = publication.message_id
        try:
            if not self._connection.is_connected:
                # The client would keep it for later, when nobody waits for it any more.
                raise nats.errors.OutboundBufferLimitError
            await self._connection.publish(
                publication.subject, publication.payload, reply=self._reply_prefix + token, headers=headers or None
            )
        except nats.errors.Error as error:
            self._in_flight.pop(token, None)
            flight.land(index, _sending_error(error, publication))

    async def _on_ack(self, message: Msg) -> None:
        waiting = self._in_flight.pop(message.subject[len(self._reply_prefix) :], None)
        if waiting:
            flight, index = waiting
            flight.land(index, _read_ack(message))


def backlog_full() -> ResourceExhausted:
    """Make the error of a source or destination for which as much waits as may."""
    return ResourceExhausted(
        "As much waits here already as may.", reason="BACKLOG_FULL", retry_delay_s=_BACKLOG_RETRY_S
    )


def _read_ack(message: Msg) -> Ack | PenstockError:
    if not message.data:
        return _unreachable("No stream takes this subject: JetStream is starting, or not set up.")
    answer: dict[str, Any] = json.loads(message.data)
    if "error" in answer:
        return _refusal(answer["error"])
    total = int(answer["val"]) if "val" in answer else None
    return Ack(sequence=answer["seq"], duplicate=answer.get("duplicate", False), total=total)


def _refusal(error: Mapping[str, Any]) -> PenstockError:
    description = str(error.get("description", ""))
    match error.get("err_code"):
        case code if code == _STORE_FAILED and description.startswith("maximum"):
            return backlog_full()
        case code if code == _MESSAGE_TOO_LARGE:
            return InvalidArgument("The message is larger than its stream takes.", reason="TOO_LARGE")
        case _:
            return _unreachable(f"JetStream refused: {description}")


def _sending_error(error: nats.errors.Error, publication: Publication) -> PenstockError:
    if isinstance(error, nats.errors.MaxPayloadError):
        size = len(publication.payload)
        return InvalidArgument(f"The message of {size} bytes is larger than NATS takes.", reason="TOO_LARGE")
    return _unreachable("NATS is not connected.")


def _unreachable(message: str) -> Unavailable:
    return Unavailable(message, reason="LOG_UNAVAILABLE", retry_delay_s=_UNREACHABLE_RETRY_S)
