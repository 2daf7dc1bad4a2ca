"""Which addresses a request may be sent to: public ones, and the exceptions that the installation names.

The table follows the IANA registries of special-purpose addresses instead of `ipaddress.is_global`, whose answers
changed between patch releases of Python 3.11.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Network, ip_network
from typing import Self

from shared.egress.ranges import Address, AddressRange, unwrapped

_SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/32", "an unspecified"),
    ("0.0.0.0/8", "a this-network"),
    ("10.0.0.0/8", "a private"),
    ("100.64.0.0/10", "a carrier-grade NAT"),
    ("127.0.0.0/8", "a loopback"),
    ("168.63.129.16/32", "a cloud metadata"),
    ("169.254.0.0/16", "a link-local"),
    ("172.16.0.0/12", "a private"),
    ("192.0.0.0/24", "a protocol assignment"),
    ("192.0.2.0/24", "a documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "a private"),
    ("198.18.0.0/15", "a benchmarking"),
    ("198.51.100.0/24", "a documentation"),
    ("203.0.113.0/24", "a documentation"),
    ("224.0.0.0/4", "a multicast"),
    ("255.255.255.255/32", "a broadcast"),
    ("240.0.0.0/4", "a reserved"),
    ("::/128", "an unspecified"),
    ("::1/128", "a loopback"),
    ("64:ff9b:1::/48", "a local NAT64"),
    ("fc00::/7", "a private"),
    ("fe80::/10", "a link-local"),
    ("fec0::/10", "a site-local"),
    ("ff00::/8", "a multicast"),
    ("2001:db8::/32", "a documentation"),
    ("2001::/23", "a protocol assignment"),
    ("2002::/16", "a 6to4"),
    ("3fff::/20", "a documentation"),
)
_SPECIAL_NETWORKS = tuple((ip_network(network), kind) for network, kind in _SPECIAL)
_GLOBAL_UNICAST = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """Decides whether an address and port may be dialled.

    `deny_ports` are the ports of the installation itself: refused on this machine's and on excepted addresses, unless
    an exception names the very port.
    """

    allow: Sequence[AddressRange] = ()
    deny_ports: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, allow: str, *, deny_ports: Iterable[int] = ()) -> Self:
        """Read the comma-separated setting `PENSTOCK_EGRESS_ALLOW`. Raises ValueError naming the wrong item."""
        items = [item.strip() for item in allow.split(",")]
        return cls(allow=tuple(AddressRange.parse(item) for item in items if item), deny_ports=frozenset(deny_ports))

    def refusal(self, address: str, port: int) -> str | None:
        """Say why `address` must not be dialled (`a loopback address`, ...), or None where it may."""
        matching = [entry for entry in self.allow if entry.holds(address)]
        if any(entry.port == port for entry in matching):
            return None
        kind = special_kind(address)
        if kind is not None and not any(entry.port is None for entry in matching):
            return f"{kind} address"
        if port in self.deny_ports and (kind is not None or _is_own(unwrapped(address)[-1])):
            return "a port of this installation"
        return None


@lru_cache(maxsize=4096)
def special_kind(address: str) -> str | None:
    """Name what keeps an address from being public (`a private`), or None for a public one.

    IPv4 inside IPv6 (mapped, NAT64) is judged as the IPv4 address that it leads to.
    """
    inner = unwrapped(address)[-1]
    kind = next((kind for network, kind in _SPECIAL_NETWORKS if inner in network), None)
    if kind is None and inner.version == 6 and inner not in _GLOBAL_UNICAST:
        return "a reserved"
    return kind


def _is_own(address: Address) -> bool:
    """Tell whether the address is one of this machine's: only those can be bound."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
