"""A workspace's own rules of where requests may go. They stand beside the installation's policy and only narrow it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from shared.egress.errors import EgressError
from shared.egress.ranges import AddressRange, split_port
from shared.egress.urls import parse_host

_BELOW = "*."


@dataclass(frozen=True, slots=True)
class HostRange:
    """A host by its name (lower-case ASCII, no dot at the end), or with `below` all names under it, but not itself."""

    name: str
    below: bool = False
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `host[:port]` or `*.host[:port]`. Raises ValueError."""
        try:
            host, port = split_port(text)
            below = host.startswith(_BELOW)
            name, is_literal = parse_host(host.removeprefix(_BELOW))
        except (ValueError, EgressError) as error:
            raise ValueError(f"'{text}' is neither CIDR[:port] nor host[:port]: {error}") from None
        if is_literal:
            raise ValueError(f"'{text}' is neither CIDR[:port] nor host[:port]: write the address as {name}")
        return cls(name.removesuffix("."), below, port)

    def holds(self, host: str) -> bool:
        """Tell whether a host of a URL is meant, whatever the port."""
        name = host.removesuffix(".")
        return name.endswith(f".{self.name}") if self.below else name == self.name


@dataclass(frozen=True, slots=True)
class EgressRules:
    """Rules by address and by name; `deny` goes before `allow`, and an empty `allow` stands for everything."""

    allow: tuple[AddressRange | HostRange, ...] = ()
    deny: tuple[AddressRange | HostRange, ...] = ()
    # Connections are looked up by rules with each request: of a hundred rules that would take long.
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.allow, self.deny)))

    def __hash__(self) -> int:
        return self._hash

    @classmethod
    def parse(cls, *, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> Self:
        """Read entries of the form `CIDR[:port]`, `host[:port]` or `*.host[:port]`. Raises ValueError naming one."""
        return cls(allow=tuple(map(parse_rule, allow)), deny=tuple(map(parse_rule, deny)))

    def refusal(self, host: str, port: int, address: str | None = None) -> str | None:
        """Say why a request must not go to this address of a host, or None where it may.

        Without an `address`, before a name is resolved, only what no address could change is refused.
        """
        if any(_covers(rule, host, port, address) for rule in self.deny):
            return "the workspace's rules deny it"
        if not self.allow or any(_covers(rule, host, port, address) for rule in self.allow):
            return None
        if address is None and any(_may_cover(rule, port) for rule in self.allow):
            return None
        return "the workspace's rules do not allow it"


def parse_rule(text: str) -> AddressRange | HostRange:
    """Parse one entry. Raises ValueError."""
    if "/" in text or text.count(":") > 1:
        return AddressRange.parse(text)
    try:
        return AddressRange.parse(text)
    except ValueError:
        return HostRange.parse(text)


def _covers(rule: AddressRange | HostRange, host: str, port: int, address: str | None) -> bool:
    if rule.port not in (None, port):
        return False
    if isinstance(rule, HostRange):
        return rule.holds(host)
    return address is not None and rule.holds(address)


def _may_cover(rule: AddressRange | HostRange, port: int) -> bool:
    """Tell whether some address of a name could be meant."""
    return isinstance(rule, AddressRange) and rule.port in (None, port)
