"""Running one event so that it is recorded, and running a record again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from services.executor.executor import Executor, Program
from services.executor.masking import Masker, texts_of
from services.executor.outside import Outside
from services.executor.recording.record import HostCall, Outcome, Record, RecordedTurn, Setting
from services.executor.recording.recorder import Recorder
from services.executor.recording.replayer import Replayer, ReplayMismatchError
from services.executor.recording.requests import as_asked
from services.executor.recording.seal import Seal
from services.executor.results import Invocation, InvocationResult, Limits


async def run_recorded(
    executor: Executor, program: Program, invocation: Invocation, *, outside: Outside, sensitive: Mapping[str, Any]
) -> tuple[InvocationResult, Record]:
    """Run one event and give its record. `sensitive` are those of the program's settings that it must not hold."""
    recorder, seal = Recorder(outside), Seal(sensitive)
    result = await executor.run(program, invocation, outside=recorder)
    settings = json.loads(program.settings)
    record = Record(
        code=program.digest,
        image=executor.image_key(program.code),
        kind=program.kind,
        handler=invocation.handler,
        event=seal.hide(_event(invocation)),
        settings=[
            Setting(name=name, sensitive=True) if name in sensitive else Setting(name=name, value=seal.hide(value))
            for name, value in settings.items()
        ],
        salt=seal.salt,
        check=seal.check,
        limits={**asdict(program.limits), "wall_s": invocation.wall_s or program.limits.wall_s},
        earlier_events=result.usage.earlier_events,
        clock_ns=recorder.clock_ns,
        seed=recorder.seed_bytes.hex(),
        calls=[
            HostCall(
                name=name,
                arguments=seal.digest(arguments),
                value=seal.hide(value),
                refused=seal.hide(refused),
                fuel=fuel,
            )
            for name, arguments, value, refused, fuel in recorder.calls
        ],
        requests=[as_asked(request_id, request, seal) for request_id, request in recorder.requests],
        turns=[RecordedTurn(clock_ns=turn.now_ns, answers=seal.hide(turn.answers) or None) for turn in recorder.turns],
        outcome=outcome_of(result, seal, sensitive),
    )
    return result, record


async def run_again(
    executor: Executor, program: Program, record: Record, *, settings: Mapping[str, Any]
) -> tuple[InvocationResult, list[str]]:
    """Run a record again from a fresh image; give the result, and the names of what came out otherwise: none.

    `program` has the code; `settings` are values for the settings that the record holds none of. Raises
    ReplayMismatchError where code, image, settings or what the function asks for are not those of the record.
    """
    _check_image(executor, program, record)
    sensitive = _sensitive(record, settings)
    seal = Seal(sensitive, record.salt)
    if seal.check != record.check:
        names = ", ".join(sensitive)
        raise ReplayMismatchError(f"the sensitive settings ({names}) have other values than in the recorded run")
    values = {each.name: sensitive[each.name] if each.sensitive else seal.show(each.value) for each in record.settings}
    program = replace(
        program,
        # A sandbox that nobody has used.
        key=object(),
        kind=record.kind,
        settings=json.dumps(values).encode(),
        limits=Limits(**record.limits),  # pyright: ignore[reportArgumentType]
        once=True,
    )
    event = seal.show(record.event).encode(errors="surrogateescape")
    replayer = Replayer(record, seal)
    result = await executor.run(program, Invocation(payload=event, handler=record.handler), outside=replayer)
    replayer.finish()
    again = outcome_of(result, seal, sensitive).model_dump()
    return result, [name for name, value in record.outcome.model_dump().items() if again[name] != value]


def outcome_of(result: InvocationResult, seal: Seal, sensitive: Mapping[str, Any]) -> Outcome:
    """Give what a run came to as a record holds it."""
    shown = Masker(texts_of(dict(sensitive))).result(result)
    return Outcome(
        returned=seal.hide(_json(result.returned)),
        messages=[seal.hide(_json(message)) for message in result.messages],
        objects=[seal.hide(_json(each)) for each in result.objects],
        logs=[asdict(line) for line in shown.logs],
        error=asdict(shown.error) if shown.error else None,
        fuel=result.usage.fuel,
        memory_bytes=result.usage.memory_bytes,
    )


def _check_image(executor: Executor, program: Program, record: Record) -> None:
    if program.digest != record.code:
        raise ReplayMismatchError(f"the code is another: SHA-256 {program.digest}, recorded was {record.code}")
    image = executor.image_key(program.code)
    if image != record.image:
        raise ReplayMismatchError(
            f"the image is another, {image}, recorded was {record.image}: engine, runtime or machine have changed"
        )


def _sensitive(record: Record, settings: Mapping[str, Any]) -> dict[str, Any]:
    names = [each.name for each in record.settings if each.sensitive]
    missing = [name for name in names if name not in settings]
    if missing:
        raise ReplayMismatchError(
            f"the record holds no values of sensitive settings: {', '.join(missing)} must be given"
        )
    return {name: settings[name] for name in names}


def _event(invocation: Invocation) -> str:
    return invocation.payload.decode(errors="surrogateescape")


def _json(data: bytes) -> Any:
    return json.loads(data) if data else None
