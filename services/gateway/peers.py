"""Where calls come from, as the audit trail tells it."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import unquote


def address_of_peer(peer: str) -> str:
    """Give the IP address in gRPC's name of a peer, `ipv4:192.0.2.1:443` or `ipv6:%5B::1%5D:443`; empty for others."""
    kind, _, place = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return ""
    return plain_address(unquote(place).rpartition(":")[0].strip("[]"))


def plain_address(text: str) -> str:
    """Give an IP address in one form, without a zone, IPv4 inside of IPv6 as IPv4; empty for what is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
