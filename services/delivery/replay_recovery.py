"""Which claims of a replay were published, when whoever made them cannot tell any more.

The stream's own memory of message ids would not do: it ends after two minutes, and with a restart of the server for
what was worked on by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nats.js.errors import NotFoundError

from services.delivery.repeats import message_id_of, place_of
from services.delivery.replay_claims import Claim, ReplayClaims
from shared.bus import Bus
from shared.bus.frames import MESSAGE_ID_HEADER
from shared.bus.subjects import OUTCOMES
from shared.errors import Unavailable

_NOWHERE = 1 << 62


class Recovery:
    """Asks the log and the counted tries; `folded` tells how far these are."""

    def __init__(self, bus: Bus, claims: ReplayClaims, *, folded: Callable[[], Awaitable[int]]) -> None:
        self._bus = bus
        self._claims = claims
        self._folded = folded

    async def unpublished(self, replay_id: str, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Settle those claims that were published, and give the others. Raises Unavailable while that is not known."""
        # In this order: what is done with before the log is read has had a try, which is in OUTCOMES by then.
        waiting = await self._waiting(claims)
        if await self._folded() < await last_sequence(self._bus, OUTCOMES):
            raise Unavailable("The latest tries are not counted yet.", reason="OUTCOMES_BEHIND")
        tried = await self._claims.known([claim.claimed.replayed_as for claim in claims])
        published = [
            claim.claimed.delivery_id
            for claim in claims
            if claim.claimed.replayed_as in tried or (claim.event and message_id_of(claim.event) in waiting)
        ]
        await self._claims.settle(replay_id, published=published, failed={})
        return [claim for claim in claims if claim.claimed.delivery_id not in published]

    async def _waiting(self, claims: Sequence[Claim]) -> set[str]:
        """Give the message ids of what has come into the log since the first of the claims was made."""
        places: dict[tuple[str, str], int] = defaultdict(lambda: _NOWHERE)
        for claim in claims:
            if claim.row:
                place = place_of(claim.row)
                places[place] = min(places[place], claim.claimed.after_sequence)
        found: set[str] = set()
        for (stream, subject), sequence in places.items():
            found |= await self._message_ids(stream, subject, sequence)
        return found

    async def _message_ids(self, stream: str, subject: str, sequence: int) -> set[str]:
        found: set[str] = set()
        while True:
            try:
                stored: Any = await self._bus.jetstream.get_msg(stream, seq=sequence + 1, subject=subject, next=True)
            except NotFoundError:
                return found
            headers: Mapping[str, str] = stored.headers or {}
            found.add(headers.get(MESSAGE_ID_HEADER, ""))
            sequence = stored.seq


async def last_sequence(bus: Bus, stream: str) -> int:
    """Give the sequence of the last message that a stream took. Raises the client's errors."""
    return (await bus.jetstream.stream_info(stream)).state.last_seq
