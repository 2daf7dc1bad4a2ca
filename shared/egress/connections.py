"""Connections to the outside: whom they lead to is checked when they are made, so only those who would have made the
same may use them again.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey

from shared.egress.policy import EgressPolicy
from shared.egress.resolver import CheckedResolver, Lookup
from shared.egress.rules import EgressRules

# Sets of rules whose idle connections and resolved names are kept.
_KEPT = 64
# Idle connections kept for each of them.
_IDLE = 256
_MAX_ANSWER_LINE_BYTES = 16 * 1024
_MAX_ANSWER_HEADERS = 200


class _Connector(aiohttp.TCPConnector):
    """Keeps the most recently used idle connections: aiohttp bounds none, and a function may ask ever new hosts."""

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        while sum(map(len, self._conns.values())) > _IDLE:
            oldest = min((idle for idle in self._conns.values() if idle), key=lambda idle: idle[0][1])
            oldest.popleft()[0].close()


@dataclass(slots=True, eq=False)
class _Pool:
    session: aiohttp.ClientSession
    users: int = 0


@dataclass(slots=True, eq=False)
class _Turns:
    free: asyncio.Semaphore
    users: int = 0


class Connections:
    """A pool of connections and resolved names for each set of rules; requests beyond the bounds wait for their turn.

    `limit` bounds the requests that go on at a time, `limit_per_host` those of one set of rules to one host.
    """

    def __init__(self, *, policy: EgressPolicy, lookup: Lookup, limit: int, limit_per_host: int) -> None:
        self._policy = policy
        self._lookup = lookup
        self._limit_per_host = limit_per_host
        self._all = asyncio.Semaphore(limit)
        self._turns: dict[Hashable, _Turns] = {}
        self._pools: OrderedDict[EgressRules, _Pool] = OrderedDict()

    @asynccontextmanager
    async def lend(self, rules: EgressRules, *, host: str, port: int) -> AsyncGenerator[aiohttp.ClientSession]:
        """Lend what a request to a host goes through, under these rules."""
        pool = self._pools.get(rules) or self._open(rules)
        self._pools.move_to_end(rules)
        pool.users += 1
        try:
            # The host's turn first: who waits for a slow host takes no place from others.
            async with self._turn((rules, host, port)), self._all:
                yield pool.session
        finally:
            pool.users -= 1
            await self._trim()

    async def close(self) -> None:
        """Close all connections, idle or not."""
        for pool in self._pools.values():
            await pool.session.close()
        self._pools.clear()

    @asynccontextmanager
    async def _turn(self, key: Hashable) -> AsyncGenerator[None]:
        turns = self._turns.setdefault(key, _Turns(asyncio.Semaphore(self._limit_per_host)))
        turns.users += 1
        try:
            async with turns.free:
                yield
        finally:
            turns.users -= 1
            if not turns.users:
                del self._turns[key]

    def _open(self, rules: EgressRules) -> _Pool:
        connector = _Connector(
            resolver=CheckedResolver(policy=self._policy, rules=rules, lookup=self._lookup),
            socket_factory=self._open_socket,
            limit=0,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=_MAX_ANSWER_LINE_BYTES,
            max_field_size=_MAX_ANSWER_LINE_BYTES,
            max_headers=_MAX_ANSWER_HEADERS,
            skip_auto_headers=("Content-Type",),
        )
        self._pools[rules] = pool = _Pool(session)
        return pool

    async def _trim(self) -> None:
        while len(self._pools) > _KEPT:
            idle = next((rules for rules, pool in self._pools.items() if not pool.users), None)
            if idle is None:
                return
            await self._pools.pop(idle).session.close()

    def _open_socket(self, info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        """Make the socket for an address about to be dialled: the last check, which no way of resolving can pass by."""
        family, kind, proto, _, address = info
        refusal = self._policy.refusal(str(address[0]), int(address[1]))
        if refusal is not None:
            raise PermissionError(f"{refusal} is refused")
        return socket.socket(family, kind, proto)
