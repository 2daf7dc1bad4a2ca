"""Which addresses a request may be sent to: public ones, and the exceptions that the installation names.

The table follows the IANA registries of special-purpose addresses instead of `ipaddress.is_global`, whose answers
changed between patch releases of Python 3.11.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

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
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class EgressException:
    """A network that may be dialled although it is not public; without `port`, all ports but the installation's own."""

    network: Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `CIDR[:port]`: `10.0.0.0/8`, `127.0.0.1:9000`, `fd00::/8`, `[fd00::/8]:443`. Raises ValueError."""
        cidr, port = _split_port(text)
        try:
            network = ip_network(cidr)
        except ValueError as error:
            msg = f"'{text}' is not CIDR[:port]: {error}"
            raise ValueError(msg) from None
        return cls(network, None if port is None else _parse_port(port, text))

    def __str__(self) -> str:
        if self.port is None:
            return str(self.network)
        return f"[{self.network}]:{self.port}" if self.network.version == 6 else f"{self.network}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """Decides whether an address and port may be dialled.

    `deny_ports` are the ports of the installation itself: refused on this machine's and on excepted addresses, unless
    an exception names the very port.
    """

    allow: Sequence[EgressException] = ()
    deny_ports: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, allow: str, *, deny_ports: Iterable[int] = ()) -> Self:
        """Read the comma-separated setting `PENSTOCK_EGRESS_ALLOW`. Raises ValueError naming the wrong item."""
        items = [item.strip() for item in allow.split(",")]
        return cls(allow=tuple(EgressException.parse(item) for item in items if item), deny_ports=frozenset(deny_ports))

    def refusal(self, address: str, port: int) -> str | None:
        """Say why `address` must not be dialled (`a loopback address`, ...), or None where it may."""
        candidates = _unwrapped(address)
        matching = [entry for entry in self.allow if any(item in entry.network for item in candidates)]
        if any(entry.port == port for entry in matching):
            return None
        kind = special_kind(address)
        if kind is not None and not any(entry.port is None for entry in matching):
            return f"{kind} address"
        if port in self.deny_ports and (kind is not None or _is_own(candidates[-1])):
            return "a port of this installation"
        return None


@lru_cache(maxsize=4096)
def special_kind(address: str) -> str | None:
    """Name what keeps an address from being public (`a private`), or None for a public one.

    IPv4 inside IPv6 (mapped, NAT64) is judged as the IPv4 address that it leads to.
    """
    inner = _unwrapped(address)[-1]
    kind = next((kind for network, kind in _SPECIAL_NETWORKS if inner in network), None)
    if kind is None and inner.version == 6 and inner not in _GLOBAL_UNICAST:
        return "a reserved"
    return kind


@lru_cache(maxsize=4096)
def _unwrapped(text: str) -> tuple[Address, ...]:
    """Return the address itself and the IPv4 address that it stands for, if any, last."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address, address.ipv4_mapped)
    if address in _NAT64:
        return (address, IPv4Address(address.packed[-4:]))
    return (address,)


def _is_own(address: Address) -> bool:
    """Tell whether the address is one of this machine's: only those can be bound."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _split_port(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        cidr, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            msg = f"'{text}' is not CIDR[:port]: expected '[IPv6 network]:port'"
            raise ValueError(msg)
        return cidr, rest[1:] if rest else None
    if text.count(":") != 1:
        return text, None
    cidr, _, port = text.partition(":")
    return cidr, port


def _parse_port(port: str, text: str) -> int:
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535 and len(port) <= 5):
        msg = f"'{text}' is not CIDR[:port]: the port must be from 1 to 65535"
        raise ValueError(msg)
    return int(port)
