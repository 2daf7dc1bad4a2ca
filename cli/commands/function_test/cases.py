"""Cases: unit tests of a function, each a JSON file of what goes in and what is expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import pydantic
import typer

from cli.commands.function_test.function import Function
from cli.commands.function_test.inputs import Webhook, bad_input, event_invocation, read_object
from services.executor.canned import CannedAnswer
from services.executor.results import FunctionKind, Invocation


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


class ExpectedLog(_Form):
    """A line of the log by a regular expression that is found in it, or by its text, and by its level."""

    text: str | None = None
    pattern: Annotated[str, pydantic.AfterValidator(_pattern)] | None = None
    level: str | None = None


class ExpectedRequest(_Form):
    """A request. Of the headers those named are compared."""

    method: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    body: pydantic.JsonValue = None
    status: int | None = None


class ExpectedError(_Form):
    """How a run fails."""

    kind: str | None = None
    name: str | None = None
    message: str | None = None


class Expected(_Form):
    """What a run comes to; what is not named is not compared, but that it finishes."""

    returned: pydantic.JsonValue = None
    batch: list[pydantic.JsonValue] = []
    messages: list[pydantic.JsonValue] = []
    objects: list[pydantic.JsonValue] = []
    logs: list[str | ExpectedLog] = []
    requests: list[ExpectedRequest] = []
    error: ExpectedError | None = None


class CaseFile(_Form):
    """A case as it is written."""

    name: str = ""
    kind: str = ""
    event: dict[str, Any] | list[Any] | None = None
    events: Annotated[list[dict[str, Any] | list[Any]], pydantic.Field(min_length=1)] | None = None
    request: Webhook | None = None
    settings: dict[str, Any] = {}
    responses: dict[str, CannedAnswer] = {}
    now: Annotated[int, pydantic.Field(ge=0, lt=253_402_300_800_000)] | pydantic.AwareDatetime | None = None
    seed: int | str | None = None
    expected: Expected | list[Expected] = Expected()


@dataclass(frozen=True, slots=True)
class Case:
    """A case that can be run. `expected` are plain JSON, one for each invocation; `now_ns` counts since 1970."""

    file: Path
    name: str
    kind: FunctionKind
    invocations: list[Invocation]
    settings: dict[str, Any]
    responses: dict[str, Any]
    now_ns: int | None
    seed: str | None
    expected: list[dict[str, Any]]


# In a folder of cases: values of the settings for all of them.
_SETTINGS = "settings.json"


def folder_of(function: Path) -> Path | None:
    """Give the folder of a function's cases that is found without being named: `NAME.tests`, else `tests`."""
    beside = function if function.is_dir() else function.parent
    for folder in (beside / f"{function.stem}.tests", beside / "tests"):
        if any(folder.glob("*.json")):
            return folder
    return None


def read_cases(folder: Path, function: Function, *, settings: dict[str, Any], responses: dict[str, Any]) -> list[Case]:
    """Read all cases of a folder, sorted by name; settings and responses are those that a case has not itself.

    Values also come from `settings.json` in the folder. Raises typer.BadParameter that names file and place.
    """
    files = sorted(each for each in folder.glob("*.json") if each.name != _SETTINGS) if folder.is_dir() else [folder]
    if not files:
        raise typer.BadParameter(f"There is no case, no *.json, in {folder}.", param_hint="--cases")
    shared = files[0].parent / _SETTINGS
    values = {**read_object(shared if shared.exists() else None), **settings}
    return [_read(file, function, values, responses) for file in files]


def _read(file: Path, function: Function, settings: dict[str, Any], responses: dict[str, Any]) -> Case:
    data = read_object(file)
    try:
        form = CaseFile.model_validate(data)
        kind = function.kind_named(form.kind)
        invocations = list(_invocations(form, kind))
        values = function.values({**settings, **form.settings})
    except pydantic.ValidationError as error:
        raise bad_input(file, error) from None
    except (ValueError, typer.BadParameter) as error:
        raise typer.BadParameter(f"{file}: {error}") from None
    return Case(
        file=file,
        name=form.name or file.stem,
        kind=kind,
        invocations=invocations,
        settings=values,
        responses={**data.get("responses", {}), **{k: v for k, v in responses.items() if k not in form.responses}},
        now_ns=_nanoseconds(form.now),
        seed=None if form.seed is None else str(form.seed),
        expected=_expected(file, data.get("expected", {}), form, len(invocations)),
    )


def _invocations(form: CaseFile, kind: FunctionKind) -> Iterator[Invocation]:
    given = [name for name in ("event", "events", "request") if getattr(form, name) is not None]
    wanted = ["request"] if kind is FunctionKind.SOURCE else ["event", "events"]
    if len(given) != 1 or given[0] not in wanted:
        found = " and ".join(given) or "nothing"
        raise ValueError(f"a {kind.value} function is tried with {' or '.join(map(repr, wanted))}, given is {found}.")
    if form.request is not None:
        yield form.request.invocation()
    for event in form.events or ([form.event] if form.event is not None else []):
        yield event_invocation(event)


def _expected(file: Path, given: Any, form: CaseFile, runs: int) -> list[dict[str, Any]]:
    if form.events is None and not isinstance(given, list):
        return [given]
    if form.events is not None and given == {}:
        return [{} for _ in range(runs)]
    if form.events is None or not isinstance(given, list) or len(cast("list[Any]", given)) != runs:
        raise typer.BadParameter(f"{file}: expected: a case with {runs} events expects a list of as many.")
    return cast("list[dict[str, Any]]", given)


def _nanoseconds(now: int | datetime | None) -> int | None:
    """Read a time: milliseconds since 1970, or ISO 8601."""
    if isinstance(now, datetime):
        since = now - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return None if now is None else now * 10**6
