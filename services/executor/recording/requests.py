"""The requests of a run as they stand in its record, and how two of them differ."""

from __future__ import annotations

import json
from typing import Any

from services.executor.outside import OutgoingRequest
from services.executor.recording.record import Asked
from services.executor.recording.seal import Seal
from services.executor.wire import body_record

_SHOWN = 200


def as_asked(request_id: int, request: OutgoingRequest, seal: Seal) -> Asked:
    """Give a request as a record holds it."""
    return Asked(
        id=request_id,
        method=seal.hide(request.method),
        url=seal.hide(request.url),
        headers=[(name, value) for name, value in seal.hide(request.headers)],
        body=seal.hide(None if request.body is None else body_record(request.body)),
        redirect=request.redirect,
        timeout_s=request.timeout_s,
        inflate=request.inflate,
    )


def difference(recorded: Asked, asked: Asked) -> str:
    """Say what differs, nothing if nothing does."""
    before, now = recorded.model_dump(), asked.model_dump()
    return "; ".join(
        f"{name} was {_text(before[name])}, is {_text(now[name])}" for name in now if before[name] != now[name]
    )


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
