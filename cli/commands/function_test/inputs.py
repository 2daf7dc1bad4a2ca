"""What a function is tried with: an event or a webhook, and answers to its requests, read from JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pydantic
import typer

from cli.function_files import read_json
from services.executor.results import FunctionKind, Invocation
from services.executor.source import HANDLERS

# A webhook of a test comes to this address where the request file names none.
_DEFAULT_URL = "https://penstock.example/hooks/test"
# How pydantic names the forms of a value within a place.
_FORMS = ("Expected", "list[Expected]", "ExpectedLog")
_FORM = "application/x-www-form-urlencoded"
_OR_CASES = "or with cases: *.json in a folder `tests` beside it"
_TYPES = [name.removeprefix("on").lower() for name in HANDLERS if name not in ("onBatch", "onRequest")]


class Webhook(pydantic.BaseModel):
    """A request file. A body that is no text is sent as the content type says, as JSON by default."""

    model_config = pydantic.ConfigDict(extra="forbid")

    method: str = "POST"
    url: str = _DEFAULT_URL
    query: dict[str, str | list[str]] | str = {}
    headers: dict[str, str] = {}
    body: pydantic.JsonValue = ""

    def invocation(self) -> Invocation:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.body
        if isinstance(body, dict) and headers.get("content-type", "").startswith(_FORM):
            body = urlencode(body, doseq=True)
        elif not isinstance(body, str):
            headers.setdefault("content-type", "application/json")
            body = json.dumps(body)
        query = self.query if isinstance(self.query, str) else urlencode(self.query, doseq=True)
        url = f"{self.url}?{query}" if query else self.url
        payload = {"method": self.method, "url": url, "headers": list(headers.items()), "body": body}
        return Invocation(payload=json.dumps(payload).encode(), handler="onRequest")


def event_invocation(event: Any) -> Invocation:
    """Give what runs an event, or an array of them for `onBatch`."""
    return Invocation(payload=json.dumps(event).encode(), handler="onBatch" if isinstance(event, list) else "")


def unknown_type(invocation: Invocation) -> str:
    """Tell of an event of a type that no function handles: its run does nothing and succeeds. Empty for others."""
    name = "" if invocation.handler else json.loads(invocation.payload).get("type")
    if invocation.handler or name in _TYPES:
        return ""
    return f"no handler runs for the type {json.dumps(name)}, which is none of {', '.join(_TYPES)}"


def read_invocation(kind: FunctionKind, event: Path | None, request: Path | None) -> Invocation:
    """Read the event or the webhook. Raises typer.BadParameter."""
    if kind is FunctionKind.SOURCE:
        if not request or event:
            raise typer.BadParameter(f"A source function is tried with a request, {_OR_CASES}.", param_hint="--request")
        return _webhook(request)
    if not event or request:
        raise typer.BadParameter(f"A {kind.value} function is tried with an event, {_OR_CASES}.", param_hint="--event")
    payload = read_json(event)
    if not isinstance(payload, dict | list):
        raise typer.BadParameter(f"{event} holds neither an event nor an array of events.", param_hint="--event")
    return event_invocation(payload)


def read_object(path: Path | None) -> dict[str, Any]:
    """Read a JSON object, an empty one without a file. Raises typer.BadParameter."""
    if path is None:
        return {}
    data = read_json(path)
    if not isinstance(data, dict):
        raise typer.BadParameter(f"{path} is not a JSON object.")
    return cast("dict[str, Any]", data)


def bad_input(path: Path, error: pydantic.ValidationError, option: str | None = None) -> typer.BadParameter:
    """Say what is wrong with a file, and where in it."""
    # Of the forms that a value may have, the one of which most was right.
    deepest = max(error.errors(), key=lambda each: len(each["loc"]))
    place = " → ".join(str(part) for part in deepest["loc"] if part not in _FORMS)
    message = "there is no such name" if deepest["type"] == "extra_forbidden" else deepest["msg"]
    return typer.BadParameter(f"{path}: {place}: {message}.", param_hint=option)


def _webhook(path: Path) -> Invocation:
    try:
        return Webhook.model_validate(read_object(path)).invocation()
    except pydantic.ValidationError as error:
        raise bad_input(path, error, "--request") from None
