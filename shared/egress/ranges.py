"""`CIDR[:port]`, in which the installation names exceptions of its policy and a workspace its rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses of a network, with one port or, without `port`, with any."""

    network: Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `CIDR[:port]`: `10.0.0.0/8`, `127.0.0.1:9000`, `fd00::/8`, `[fd00::/8]:443`. Raises ValueError."""
        try:
            cidr, port = split_port(text)
            return cls(ip_network(cidr), port)
        except ValueError as error:
            raise ValueError(f"'{text}' is not CIDR[:port]: {error}") from None

    def __str__(self) -> str:
        if self.port is None:
            return str(self.network)
        return f"[{self.network}]:{self.port}" if self.network.version == 6 else f"{self.network}:{self.port}"

    def holds(self, address: str) -> bool:
        """Tell whether an address, or the IPv4 address that it stands for, is of the network, whatever the port."""
        return any(each in self.network for each in unwrapped(address))


@lru_cache(maxsize=4096)
def unwrapped(text: str) -> tuple[Address, ...]:
    """Return the address itself and the IPv4 address that it stands for, if any, last."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address, address.ipv4_mapped)
    if address in _NAT64:
        return (address, IPv4Address(address.packed[-4:]))
    return (address,)


def split_port(text: str) -> tuple[str, int | None]:
    """Split what may end in `:port`; IPv6 stands in brackets then. Raises ValueError for a port that is none."""
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("expected '[IPv6 network]:port'")
        return inside, _port(rest[1:]) if rest else None
    if text.count(":") != 1:
        return text, None
    inside, _, port = text.partition(":")
    return inside, _port(port)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535 and len(text) <= 5):
        raise ValueError("the port must be from 1 to 65535")
    return int(text)
