"""Resolving names once: aiohttp dials the very addresses that were checked here, so a second answer changes nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from shared.egress.errors import EgressError, denied
from shared.egress.policy import EgressPolicy
from shared.egress.rules import EgressRules

Lookup = Callable[[str], Awaitable[list[str]]]

_GETADDRINFO_CODES = {
    socket.EAI_AGAIN: "EAI_AGAIN",
    socket.EAI_FAIL: "EAI_FAIL",
    socket.EAI_MEMORY: "EAI_MEMORY",
}
_LOOKUP_THREADS = 32


class SystemLookup:
    """The machine's own resolver, in threads of its own: slow name servers of tenants must not block other work."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="egress-dns")

    async def __call__(self, host: str) -> list[str]:
        """Return the addresses of a name. Raises socket.gaierror."""
        loop = asyncio.get_running_loop()
        ask = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        infos = await loop.run_in_executor(self._threads, ask)
        return [str(address[0]) for *_, address in infos]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedResolver(AbstractResolver):
    """Answers with the addresses of a name that policy and rules allow, and refuses a name that has none."""

    def __init__(self, *, policy: EgressPolicy, rules: EgressRules, lookup: Lookup) -> None:
        self._policy = policy
        self._rules = rules
        self._lookup = lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 of the interface; both families are asked for
    ) -> list[ResolveResult]:
        """Resolve and check. Raises EgressError: `ENOTFOUND`, `EAI_AGAIN`, ..., or `EGRESS_DENIED`."""
        try:
            addresses = await self._lookup(host)
        except socket.gaierror as error:
            code = _GETADDRINFO_CODES.get(error.errno or 0, "ENOTFOUND")
            raise EgressError(code, f"getaddrinfo {code} {host} {host}:{port}") from None
        if not addresses:
            raise EgressError("ENOTFOUND", f"getaddrinfo ENOTFOUND {host} {host}:{port}")
        return self._allowed(host, port, addresses)

    async def close(self) -> None:
        """Nothing is held: the owner of the lookup closes it."""

    def _allowed(self, host: str, port: int, addresses: list[str]) -> list[ResolveResult]:
        refusals = {address: self._refusal(host, port, address) for address in addresses}
        allowed = [address for address, refusal in refusals.items() if refusal is None]
        if not allowed:
            # The address itself stays unnamed: internal names must not become readable through it.
            raise denied(f"{host}:{port} is refused: {next(iter(refusals.values()))}")
        return [_result(host, address, port) for address in allowed]

    def _refusal(self, host: str, port: int, address: str) -> str | None:
        kind = self._policy.refusal(address, port)
        return f"it resolves to {kind}" if kind else self._rules.refusal(host, port, address)


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
