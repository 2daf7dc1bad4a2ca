"""What goes in and out of the management API: names in camel case, times as text, pages with cursors."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Annotated, Any, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

# What clients of Segment send for the first page (an offset of 0), and get back as its `current`.
FIRST_CURSOR = "MA=="
DEFAULT_COUNT = 200
MAX_COUNT = 1000


class Input(BaseModel):
    """Fields that a client sends, in the path, the query or the body; others are refused.

    `model_fields_set` tells what was sent: an update changes that, and nothing else.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True)


class Output(BaseModel):
    """Fields of an answer; those that are never set are left out of it, `None` is `null`."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


def _of_text(value: Any) -> Any:
    """Read JSON, as Segment's Python client sends it in a query; what is none is left for the model to refuse."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


class Page(Input):
    """Which page of a list to give."""

    cursor: Annotated[str | None, Field(max_length=4096, description="`next` of the page before.")] = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT, description="Items of a page.")] = DEFAULT_COUNT

    @property
    def token(self) -> str:
        """The `page_token` of the rpc."""
        return "" if self.cursor in (None, FIRST_CURSOR) else str(self.cursor)


class PagedInput(Input):
    """Fields of a list."""

    pagination: Annotated[Page, BeforeValidator(_of_text), Field(default_factory=Page)]


class Pagination(Output):
    """Where a page stands in its list. There is no `previous`: lists are read forwards."""

    current: Annotated[str, Field(description="Cursor of this page.")]
    next: Annotated[str, Field(description="Cursor of the next page; absent on the last.")] = ""

    @classmethod
    def after(cls, page: Page, next_page_token: str) -> Pagination:
        """Make it of what was asked for and what the rpc gave."""
        current = page.cursor or FIRST_CURSOR
        return cls(current=current, next=next_page_token) if next_page_token else cls(current=current)


class Done(Output):
    """The answer to what has nothing else to tell."""

    status: Literal["SUCCESS"]


SUCCESS = Done(status="SUCCESS")


def time_text(time: Timestamp) -> str:
    """Write a time as `2023-11-01T18:38:01.349Z`."""
    return time.ToDatetime(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.nanos // 1_000_000:03d}Z"
