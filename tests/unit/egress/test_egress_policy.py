from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.egress import AddressRange, EgressPolicy
from shared.egress.policy import special_kind

networks = st.one_of(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(lambda parts: IPv4Network(parts, strict=False)),
    st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 128)).map(lambda parts: IPv6Network(parts, strict=False)),
)
exceptions = st.builds(AddressRange, networks, st.none() | st.integers(1, 65535))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::8a",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert EgressPolicy().refusal(address, 443) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "this-network"),
        ("10.255.255.255", "private"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.100.100.200", "carrier-grade NAT"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "metadata"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "protocol"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarking"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:a00:1", "private"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::1", "NAT64"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "documentation"),
        ("2001::1", "protocol"),
        ("2002:7f00:1::", "6to4"),
        ("3fff::1", "documentation"),
        ("100::1", "reserved"),
        ("4000::1", "reserved"),
    ],
)
def test_special_addresses_are_refused_with_their_kind(address: str, kind: str) -> None:
    assert kind in (EgressPolicy().refusal(address, 443) or "")


@pytest.mark.parametrize(
    ("allow", "address", "port", "allowed"),
    [
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, True),
        ("10.0.0.0/8", "192.168.0.1", 80, False),
        ("127.0.0.1:9000", "127.0.0.1", 9000, True),
        ("127.0.0.1:9000", "127.0.0.1", 9001, False),
        ("127.0.0.0/8", "127.0.0.1", 4222, False),
        ("127.0.0.0/8, 127.0.0.1:4222", "127.0.0.1", 4222, True),
        ("127.0.0.0/8", "::ffff:127.0.0.1", 80, True),
        ("127.0.0.0/8", "::1", 80, False),
        ("[fd00::/8]:443", "fd00::1", 443, True),
        ("[fd00::/8]:443", "fd00::1", 80, False),
        ("::ffff:0:0/96", "::ffff:127.0.0.1", 80, True),
    ],
)
def test_exceptions(allow: str, address: str, port: int, *, allowed: bool) -> None:
    refusal = EgressPolicy.parse(allow, deny_ports=[4222]).refusal(address, port)
    assert (refusal is None) == allowed


def test_own_ports_of_other_machines_are_open() -> None:
    assert EgressPolicy(deny_ports=frozenset({443})).refusal("1.1.1.1", 443) is None


@given(st.lists(exceptions, max_size=5))
def test_a_setting_written_from_exceptions_reads_back(items: list[AddressRange]) -> None:
    assert list(EgressPolicy.parse(", ".join(str(item) for item in items)).allow) == items


@given(st.text(max_size=40))
def test_any_text_parses_or_is_a_value_error(text: str) -> None:
    try:
        parsed = EgressPolicy.parse(text)
    except ValueError:
        return
    assert all(entry.port is None or 1 <= entry.port <= 65535 for entry in parsed.allow)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nonsense", "nonsense"),
        ("10.0.0.1/8", "host bits"),
        ("10.0.0.0/33", "33"),
        ("10.0.0.0/8:0", "port"),
        ("10.0.0.0/8:65536", "port"),
        ("10.0.0.0/8:", "port"),
        ("10.0.0.0/8:٣", "port"),
        ("[::1", "IPv6"),
        ("[::1]x", "IPv6"),
    ],
)
def test_a_wrong_setting_is_explained(text: str, word: str) -> None:
    with pytest.raises(ValueError, match="is not CIDR") as caught:
        EgressPolicy.parse(f"10.0.0.0/8,{text}")
    assert word in str(caught.value)
    assert text in str(caught.value)


@given(st.integers(0, 2**32 - 1))
def test_ipv4_inside_ipv6_is_judged_as_ipv4(value: int) -> None:
    plain = special_kind(str(IPv4Network(value).network_address))
    assert special_kind(str(IPv6Network((0xFFFF << 32 | value, 128)).network_address)) == plain
    assert special_kind(str(IPv6Network((0x64FF9B << 96 | value, 128)).network_address)) == plain
