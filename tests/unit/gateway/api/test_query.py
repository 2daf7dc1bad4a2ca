"""The ways in which clients write what has parts into a query."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.api.errors import ApiError
from services.gateway.api.models import DEFAULT_COUNT, PagedInput
from services.gateway.api.query import parse_query


@pytest.mark.parametrize(
    "query",
    [
        b"pagination%5Bcursor%5D=Mw%3D%3D&pagination%5Bcount%5D=2",
        b"pagination[cursor]=Mw%3D%3D&pagination[count]=2",
        b"pagination=%7B%22cursor%22%3A%20%22Mw%3D%3D%22%2C%20%22count%22%3A%202%7D",
        b"pagination.count=2&pagination.cursor=Mw%3D%3D",
    ],
    ids=["typescript", "go", "python", "documentation"],
)
def test_a_page_is_read_in_every_encoding(query: bytes) -> None:
    page = PagedInput.model_validate(parse_query(query)).pagination
    assert (page.cursor, page.count) == ("Mw==", 2)


def test_a_page_need_not_be_asked_for() -> None:
    page = PagedInput.model_validate(parse_query(b"")).pagination
    assert (page.token, page.count) == ("", DEFAULT_COUNT)


def test_the_first_page_has_the_cursor_of_segments_clients() -> None:
    assert PagedInput.model_validate({"pagination": {"cursor": "MA=="}}).pagination.token == ""


@pytest.mark.parametrize(
    "query",
    [
        b"groupBy=a&groupBy=b",
        b"groupBy%5B0%5D=a&groupBy%5B1%5D=b",
        b"groupBy.1=b&groupBy.0=a",
        b"groupBy[]=a&groupBy[]=b",
    ],
)
def test_lists_are_read_in_every_encoding(query: bytes) -> None:
    assert parse_query(query) == {"groupBy": ["a", "b"]}


@pytest.mark.parametrize(
    ("query", "values"), [(b"a=1&b=", {"a": "1", "b": ""}), (b"", {}), (b"a=%C3%A9+x", {"a": "é x"})]
)
def test_plain_parameters_are_text(query: bytes, values: dict[str, Any]) -> None:
    assert parse_query(query) == values


@pytest.mark.parametrize(
    "query",
    [b"a=1&a.b=2", b"a.b=2&a=1", b"a=%FF", b"a.b.c.d.e=1", b"&".join(b"a%d=1" % n for n in range(201)), b"\xff=1"],
)
def test_what_cannot_be_read_is_refused(query: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        parse_query(query)
    assert refused.value.status == 400
