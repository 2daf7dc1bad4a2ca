from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.egress import EgressRules
from shared.egress.rules import parse_rule

# Of a public host.
ADDRESS = "93.184.215.14"


@pytest.mark.parametrize(
    ("rule", "host", "port", "address", "covered"),
    [
        ("93.184.215.0/24", "a.example", 443, ADDRESS, True),
        ("93.184.215.14", "a.example", 443, ADDRESS, True),
        ("93.184.215.14:443", "a.example", 443, ADDRESS, True),
        ("93.184.215.14:443", "a.example", 80, ADDRESS, False),
        ("93.184.216.0/24", "a.example", 443, ADDRESS, False),
        ("93.184.215.0/24", "a.example", 443, f"::ffff:{ADDRESS}", True),
        ("93.184.215.0/24", "a.example", 443, "64:ff9b::5db8:d70e", True),
        ("[2606:4700::/32]:443", "a.example", 443, "2606:4700::1", True),
        ("[2606:4700::/32]:443", "a.example", 80, "2606:4700::1", False),
        ("2606:4700::/32", "a.example", 80, "2606:4700::1", True),
        ("a.example", "a.example", 443, ADDRESS, True),
        ("A.Example.", "a.example", 443, ADDRESS, True),
        ("a.example", "a.example.", 443, ADDRESS, True),
        ("a.example", "b.a.example", 443, ADDRESS, False),
        ("a.example", "ba.example", 443, ADDRESS, False),
        ("a.example:443", "a.example", 443, ADDRESS, True),
        ("a.example:443", "a.example", 80, ADDRESS, False),
        ("*.a.example", "b.a.example", 443, ADDRESS, True),
        ("*.a.example", "c.b.a.example.", 443, ADDRESS, True),
        ("*.a.example", "a.example", 443, ADDRESS, False),
        ("*.a.example", "ba.example", 443, ADDRESS, False),
        ("*.a.example:8443", "b.a.example", 443, ADDRESS, False),
        ("bücher.example", "xn--bcher-kva.example", 443, ADDRESS, True),
    ],
)
def test_what_a_rule_covers(rule: str, host: str, port: int, address: str, *, covered: bool) -> None:
    assert (EgressRules.parse(deny=[rule]).refusal(host, port, address) is not None) == covered
    assert (EgressRules.parse(allow=[rule]).refusal(host, port, address) is None) == covered


def test_without_rules_nothing_is_refused() -> None:
    assert EgressRules().refusal("a.example", 443, ADDRESS) is None


def test_deny_goes_before_allow() -> None:
    rules = EgressRules.parse(allow=["*.example"], deny=["93.184.215.0/24", "b.example"])
    assert rules.refusal("a.example", 443, ADDRESS) == "the workspace's rules deny it"
    assert rules.refusal("b.example", 443, "1.1.1.1") == "the workspace's rules deny it"
    assert rules.refusal("a.example", 443, "1.1.1.1") is None
    assert rules.refusal("a.test", 443, "1.1.1.1") == "the workspace's rules do not allow it"


@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        (EgressRules.parse(deny=["a.example"]), True),
        (EgressRules.parse(deny=["93.184.215.0/24"]), False),
        (EgressRules.parse(allow=["b.example"]), True),
        (EgressRules.parse(allow=["b.example", "93.184.215.0/24:80"]), True),
        (EgressRules.parse(allow=["b.example", "93.184.215.0/24"]), False),
        (EgressRules.parse(allow=["a.example"]), False),
    ],
)
def test_names_are_not_looked_up_where_no_address_could_help(rules: EgressRules, *, refused: bool) -> None:
    assert (rules.refusal("a.example", 443) is not None) == refused


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no host name"),
        ("*", "no host name"),
        ("*.", "no host name"),
        ("a.*.example", "no host name"),
        ("http://a.example", "is not CIDR"),
        ("a.example/x", "is not CIDR"),
        ("a.example:0", "from 1 to 65535"),
        ("a.example:https", "from 1 to 65535"),
        ("10.0.0.1/8", "host bits"),
        ("10.0.0.0/33", "is not CIDR"),
        ("127.1", "write the address as 127.0.0.1"),
        ("0x7f000001", "write the address as 127.0.0.1"),
        ("*.127.0.0.1", "write the address"),
        ("[::1", "IPv6"),
        ("a b", "no host name"),
        ("a..b", "no host name"),
    ],
)
def test_a_rule_that_cannot_be_read_is_explained(text: str, word: str) -> None:
    with pytest.raises(ValueError, match="is n") as caught:
        parse_rule(text)
    assert word in str(caught.value)


@given(st.text(max_size=40) | st.text(st.sampled_from("*.:/[]0x7af%é-"), max_size=20))
def test_any_text_is_a_rule_or_a_value_error(text: str) -> None:
    try:
        rule = parse_rule(text)
    except ValueError:
        return
    assert rule.port is None or 1 <= rule.port <= 65535
