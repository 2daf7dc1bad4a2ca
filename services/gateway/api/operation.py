"""Operations of the management API, each stated once: its route, its input and its answer.

    FUNCTIONS = Group("Functions")


    @FUNCTIONS.on("GET", "/functions/{functionId}")
    async def get_function(call: Call, sent: FunctionPath) -> FunctionAnswer:
        \"\"\"Give a function with its code.\"\"\"

The input's fields come from the path where it names them; the rest from the query, or from the body of methods that
have one. What is raised (`ApiError`, and all of `shared.errors`) becomes the envelope of errors. The routes and the
OpenAPI document are both made from this.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_type_hints

from pydantic.alias_generators import to_camel

from services.gateway.api.call import Call
from services.gateway.api.models import Input, Output

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
# How settled an operation is, in Segment's words; each is answered under the media types of all three.
Stability = Literal["v1", "v1beta", "v1alpha"]
_WITH_BODY = ("POST", "PATCH", "PUT")
_IN_PATH = re.compile(r"\{(\w+)\}")

I = TypeVar("I", bound=Input)  # noqa: E741 an input
O = TypeVar("O", bound=Output)  # noqa: E741 an output
Handler = Callable[[Call, I], Awaitable[O]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation; `aliases` are further paths to it, `cost` what it takes from the limit of its token.

    `status` is that of an answer which says nothing else.
    """

    name: str
    tag: str
    method: Method
    path: str
    aliases: Sequence[str]
    since: Stability
    errors: Sequence[int]
    cost: int
    status: int
    input: type[Input]
    output: type[Output]
    answer: Callable[[Call, Any], Awaitable[Output]]

    @property
    def in_path(self) -> Sequence[str]:
        """Names of the fields in the path."""
        return _IN_PATH.findall(self.path)

    @property
    def beside_path(self) -> Sequence[str]:
        """Names of the fields in query or body."""
        names = [field.alias or name for name, field in self.input.model_fields.items()]
        return [name for name in names if name not in self.in_path]

    @property
    def has_body(self) -> bool:
        """Whether the fields beside the path come in a body."""
        return self.method in _WITH_BODY and bool(self.beside_path)

    @property
    def description(self) -> str:
        """What it does."""
        return " ".join((self.answer.__doc__ or "").split())


class Group:
    """Operations that belong together, under a tag."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def on(
        self,
        method: Method,
        path: str,
        *,
        aliases: Sequence[str] = (),
        since: Stability = "v1",
        errors: Sequence[int] = (),
        cost: int = 1,
        status: int = 200,
    ) -> Callable[[Handler[I, O]], Handler[I, O]]:
        """Make a handler an operation, named as the handler is.

        `errors` are statuses beside those that each operation can have: 400, 401, 422, 429, and 404 with a path.
        """

        def add(answer: Handler[I, O]) -> Handler[I, O]:
            _call, sent, answered = get_type_hints(answer).values()
            stated = Operation(
                name=to_camel(answer.__name__), tag=self.tag, method=method, path=path, aliases=aliases,
                since=since, errors=errors, cost=cost, status=status, input=sent, output=answered, answer=answer,
            )  # fmt: skip
            self.operations.append(stated)
            return answer

        return add
