"""What goes in and out of a test run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_snake

from services.gateway.api.models import Input, Output

ResourceType = Literal["SOURCE", "DESTINATION", "INSERT_DESTINATION", "INSERT_SOURCE"]
_EVENT = "A Segment message, or an array of them for `onBatch`."
_URL = "https://penstock.example/hooks/test"


class PreviewSetting(Input):
    """What is known of a setting; of what a whole function has, the rest is passed over."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=64)]
    sensitive: Annotated[bool, Field(description="Whether its value is masked in all that is shown.")] = False


class PreviewRequest(Input):
    """A webhook. A body that is no text is sent as JSON, unless its content type says that it is a form."""

    method: Annotated[str, Field(min_length=1, max_length=16)] = "POST"
    url: Annotated[str, Field(min_length=1, max_length=8192)] = _URL
    query: dict[str, str | list[str]] = Field(default_factory=dict)
    headers: Annotated[dict[str, str | list[str]], Field(max_length=200)] = Field(default_factory=dict)
    body: JsonValue = ""


class PreviewResponse(Input):
    """An answer to the function's requests; with `error` the request fails with that code."""

    status: Annotated[int, Field(ge=100, le=599)] = 200
    headers: dict[str, str] = Field(default_factory=dict)
    body: JsonValue = ""
    delay_ms: Annotated[float, Field(ge=0, le=60_000, alias="delay_ms")] = 0
    error: Annotated[str, Field(max_length=256)] = ""


class PreviewedFunction(Input):
    """A function as the API gives it; only what a test run needs is read."""

    model_config = ConfigDict(extra="ignore")

    code: str
    settings: Annotated[list[PreviewSetting], Field(max_length=100)] = Field(default_factory=list[PreviewSetting])
    resource_type: ResourceType | None = None


class PreviewInput(Input):
    """A function, and what to try it with.

    Either `code` with `resourceType`, or `functionId` for the newest code of a function, or `function` with `type` and
    `payload` as Segment's Config API has them.
    """

    function_id: Annotated[str, Field(max_length=128, description="Function whose newest code is tried.")] = ""
    code: Annotated[str | None, Field(description="Code to try; with `functionId` instead of the function's.")] = None
    resource_type: Annotated[ResourceType | None, Field(description="What the code is for.")] = None
    settings: Annotated[
        list[PreviewSetting], Field(max_length=100, description="Settings of the code; the function's without.")
    ] = Field(default_factory=list[PreviewSetting])
    setting_values: Annotated[dict[str, JsonValue], Field(max_length=100, description="Values for this run.")] = Field(
        default_factory=dict
    )
    event: Annotated[dict[str, JsonValue] | list[dict[str, JsonValue]] | None, Field(description=_EVENT)] = None
    request: Annotated[PreviewRequest | None, Field(description="For source functions.")] = None
    responses: Annotated[
        dict[str, PreviewResponse] | None,
        Field(description='Answers by `"METHOD url-pattern"` or `"*"`; without them requests are made for real.'),
    ] = None
    function: Annotated[PreviewedFunction | None, Field(description="As the Config API has it.")] = None
    type: Annotated[Literal["SOURCE", "DESTINATION"] | None, Field(description="As the Config API has it.")] = None
    payload: Annotated[str | None, Field(description="Event or webhook as a JSON text, as the Config API has it.")] = (
        None
    )


class PreviewLog(Output):
    """A line of the log."""

    time: str
    level: Literal["debug", "info", "warn", "error"]
    text: str


class PreviewExchange(Output):
    """A request that the function made, with its answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: str
    status: int
    error_code: str
    response_headers: dict[str, str]
    response_body: str


class PreviewError(Output):
    """What was thrown, or the limit that was hit."""

    kind: str
    name: str
    message: str
    stack: str
    file: str
    line: int
    column: int
    source_line: str


class PreviewUsage(Output):
    """What the run used."""

    wall_ms: float
    fuel: int
    memory_bytes: int


class Preview(Output):
    """What a run came to."""

    returned: Annotated[JsonValue, Field(description="What the handler returned.")]
    batch: Annotated[list[dict[str, JsonValue]], Field(description="What was told of each event of a batch.")] = Field(
        default_factory=list[dict[str, JsonValue]]
    )
    messages: list[dict[str, JsonValue]]
    objects: list[dict[str, JsonValue]]
    logs: list[PreviewLog]
    requests: list[PreviewExchange]
    error: PreviewError | None
    usage: PreviewUsage


class ConfigModel(Output):
    """A part of the Config API's answer, whose names are in snake case."""

    model_config = ConfigDict(alias_generator=to_snake)


class Invoke(ConfigModel):
    """What a run came to, as the Config API has it."""

    success: bool
    output: Annotated[str, Field(description="JSON text of what came out: `{events, objects}` of a source function.")]
    trace: dict[str, Any]


class ConfigLog(ConfigModel):
    """A line of the log, as the Config API has it."""

    message: str
    created_at: str


class PreviewAnswer(ConfigModel):
    """What a run came to; the last three only for a `function` as the Config API has it."""

    preview: Preview
    invoke: Invoke | None = None
    logs: list[ConfigLog] = Field(default_factory=list[ConfigLog])
    session_id: str = ""
