"""How deliveries and replays are shown."""

from __future__ import annotations

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import RenderableType
from rich.markup import escape

from cli.output import table
from cli.session import Session
from penstock.delivery.v1 import delivery_service_pb2 as delivery
from penstock.delivery.v1 import replay_pb2
from penstock.event.v1 import outcome_pb2

STATUSES = ("succeeded", "filtered", "discarded", "retrying", "dead")
_COLORS = {"succeeded": "green", "filtered": "cyan", "discarded": "red", "retrying": "yellow", "dead": "red"}
# The contract's word for dead letters tells why they are; ours is what everybody calls them.
_DEAD = {"dead": outcome_pb2.STATUS_EXHAUSTED, "exhausted": outcome_pb2.STATUS_EXHAUSTED}


def read_status(status: str) -> outcome_pb2.Status.ValueType:
    """Read a status as people write it; empty for none. Raises BadParameter."""
    if not status:
        return outcome_pb2.STATUS_UNSPECIFIED
    if status not in (*STATUSES, *_DEAD):
        raise typer.BadParameter(f"{status!r} is none of {', '.join(STATUSES)}.", param_hint="--status")
    return _DEAD.get(status) or outcome_pb2.Status.Value(f"STATUS_{status.upper()}")


def read_failed_status(status: str) -> outcome_pb2.Status.ValueType:
    """Read the status of what has failed for good, likewise."""
    read = read_status(status)
    if read not in (outcome_pb2.STATUS_UNSPECIFIED, outcome_pb2.STATUS_DISCARDED, outcome_pb2.STATUS_EXHAUSTED):
        raise typer.BadParameter("Only what is dead or discarded has failed for good.", param_hint="--status")
    return read


def status_text(status: outcome_pb2.Status.ValueType) -> str:
    """Write a status, in its color."""
    is_dead = status == outcome_pb2.STATUS_EXHAUSTED
    name = "dead" if is_dead else outcome_pb2.Status.Name(status).removeprefix("STATUS_").lower()
    return f"[{_COLORS[name]}]{name}[/]"


def time_text(time: Timestamp) -> str:
    """Write a moment in UTC."""
    return time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def delivery_row(record: delivery.DeliveryRecord) -> list[str]:
    """Make the row of a delivery in a list."""
    return [
        time_text(record.received_at),
        record.delivery_id,
        escape(" ".join(filter(None, [record.event_type, record.event_name])) or "source run"),
        record.destination_id or record.source_id,
        status_text(record.status),
        str(record.attempts),
        record.reason,
        record.replayed_as,
    ]


def tell_behind(session: Session, answer: delivery.ListDeliveriesResponse | delivery.GetDeliveryStatsResponse) -> None:
    """Say so to people when an answer misses what has come to pass already."""
    if answer.outcomes_behind and not session.output.as_json:
        session.output.errors.print(f"[dim]{answer.outcomes_behind} groups of outcomes are still being counted.[/]")


def replay_row(replay: replay_pb2.Replay) -> list[str]:
    """Make the row of a replay in a list."""
    return [
        replay.replay_id,
        time_text(replay.create_time),
        state_text(replay),
        f"{replay.published} of {replay.matched}",
        reasons_text(replay.skipped),
        reasons_text(replay.failed),
    ]


def replay_summary(replay: replay_pb2.Replay) -> RenderableType:
    """Tell how a replay stands."""
    rows = [
        ["Replay", replay.replay_id],
        ["State", state_text(replay)],
        ["On their way again", f"{replay.published} of {replay.matched}"],
        ["Skipped", reasons_text(replay.skipped)],
        ["Failed", reasons_text(replay.failed)],
    ]
    return table(["", ""], [row for row in rows if row[1]], empty="")


def state_text(replay: replay_pb2.Replay) -> str:
    """Write the state of a replay, and what it waits for."""
    state = replay_pb2.ReplayState.Name(replay.state).removeprefix("REPLAY_STATE_").lower()
    return f"{state}, waits: {replay.waiting_for}" if replay.waiting_for else state


def reasons_text(counts: object) -> str:
    """Write counts by reason."""
    return ", ".join(f"{each.count} {each.reason}" for each in counts)  # type: ignore[attr-defined]
