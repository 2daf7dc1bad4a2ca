"""Page tokens from hostile hands, and pages that fit."""

from __future__ import annotations

import pytest
from google.protobuf.wrappers_pb2 import BytesValue
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.paging import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_BYTES,
    MAX_PAGE_SIZE,
    decode_number,
    decode_token,
    encode_token,
    fitting,
    page_size,
)
from shared.errors import InvalidArgument

TEXT = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(deadline=None)
@given(after=TEXT, query=TEXT)
def test_a_token_gives_back_its_place(after: str, query: str) -> None:
    assert decode_token(encode_token(after, query=query), query=query) == after


@settings(deadline=None)
@given(after=TEXT, made_for=TEXT, used_for=TEXT)
def test_a_token_works_for_its_query_alone(after: str, made_for: str, used_for: str) -> None:
    if made_for == used_for:
        return
    with pytest.raises(InvalidArgument):
        decode_token(encode_token(after, query=made_for), query=used_for)


@settings(deadline=None)
@given(st.text(min_size=1) | st.binary(min_size=1).map(lambda raw: raw.decode("latin-1")))
def test_any_other_text_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument):
        decode_token(token, query="q")


@pytest.mark.parametrize("after", ["x", "-1", "1" * 5000, "²", "1.5", "\0"])
def test_a_number_is_a_number(after: str) -> None:
    with pytest.raises(InvalidArgument):
        decode_number(encode_token(after, query="q"), query="q")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        decode_token("W1tb" * 100_000, query="q")


@settings(deadline=None)
@given(st.integers(min_value=-(2**31), max_value=2**31 - 1))
def test_page_sizes_are_bounded(asked: int) -> None:
    if asked < 0:
        with pytest.raises(InvalidArgument):
            page_size(asked)
    else:
        assert page_size(asked) == (min(asked, MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE)


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=MAX_PAGE_BYTES // 2), max_size=12))
def test_a_page_is_as_long_as_fits_and_never_empty(sizes: list[int]) -> None:
    messages = [BytesValue(value=bytes(size)) for size in sizes]
    page = fitting(messages)
    assert len(page) >= min(1, len(messages))
    assert sum(message.ByteSize() for message in page) <= MAX_PAGE_BYTES
    following = messages[len(page) : len(page) + 1]
    if following:
        assert sum(message.ByteSize() for message in [*page, *following]) > MAX_PAGE_BYTES


def test_one_item_larger_than_a_page_is_a_page() -> None:
    messages = [BytesValue(value=bytes(MAX_PAGE_BYTES + 1)), BytesValue()]
    assert list(fitting(messages)) == messages[:1]
