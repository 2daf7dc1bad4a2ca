"""Message ids keep tenants apart, whatever they choose."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.message_ids import delivery_id, delivery_message_id, inbound_id, numbered_message_id, outcomes_id

ids = st.from_regex(r"[a-z]{2,3}_[0-9a-z]{1,26}", fullmatch=True)
# What a tenant may choose: any text, with the characters that could do harm made likely.
chosen = st.text(st.one_of(st.sampled_from(":%\r\n ."), st.characters()), min_size=1, max_size=100)
Delivery = tuple[str, str, str, str, int]
deliveries = st.tuples(ids, ids, chosen, ids, st.integers(0, 3))


@given(deliveries, deliveries)
def test_two_deliveries_have_one_id_only_when_they_are_the_same(a: Delivery, b: Delivery) -> None:
    assert (delivery_message_id(*a) == delivery_message_id(*b)) == (a == b)
    assert (inbound_id(*a[:3]) == inbound_id(*b[:3])) == (a[:3] == b[:3])
    assert (inbound_id(*a[:3], a[4]) == inbound_id(*b[:3], b[4])) == ((*a[:3], a[4]) == (*b[:3], b[4]))
    assert (delivery_id(*a[1:]) == delivery_id(*b[1:])) == (a[1:] == b[1:])


@given(deliveries)
def test_ids_are_safe_in_headers_and_subjects(delivery: Delivery) -> None:
    assert re.fullmatch(r"[\w:%.~-]+", delivery_message_id(*delivery), re.ASCII)
    assert re.fullmatch(r"dlv_[0-9a-f]{32}", delivery_id(*delivery[1:]))


def test_lone_surrogates_are_taken() -> None:
    assert inbound_id("ws_1", "src_1", "\ud800") != inbound_id("ws_1", "src_1", "\ud801")


def test_shapes() -> None:
    assert inbound_id("ws_1", "src_1", "m 1") == "ws_1:src_1:m%201"
    assert delivery_message_id("ws_1", "src_1", "m1", "dst_1", 0) == "ws_1:src_1:m1:dst_1"
    assert delivery_message_id("ws_1", "src_1", "m1", "dst_1", 2) == "ws_1:src_1:m1:dst_1:r2"
    assert inbound_id("ws_1", "src_1", "evt_1", 2) == "ws_1:src_1:evt_1:r2"
    assert numbered_message_id("evt_1", 3) == "evt_1-3"


def test_a_group_of_outcomes_is_known_by_its_tries() -> None:
    group = [("dlv_1", 1, 1), ("dlv_2", 1, 1)]
    assert outcomes_id(group) == outcomes_id(list(group))
    assert outcomes_id(group) != outcomes_id([("dlv_1", 1, 1), ("dlv_2", 2, 1)])
    assert outcomes_id(group) != outcomes_id([("dlv_1", 1, 1), ("dlv_2", 1, 4)])
