"""Drafts: the messages of a run before they are routed, on their way through the source's insert function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.event.v1 import inbound_pb2, outcome_pb2
from penstock.executor.v1 import result_pb2
from services.delivery.dispatching import body_of, message_id_of, type_of
from services.delivery.inserts import Inbound, decide_insert
from services.delivery.retry import Decision, RetryPolicy
from services.delivery.segment import complete_message, event_name
from services.delivery.trials import Inserted, Run, describe_run, outcome_of_run

MALFORMED = "MALFORMED_MESSAGE"


@dataclass(slots=True)
class Draft:
    """One message of a run: as it is so far, or why it is none; and what the insert function made of it."""

    number: int
    message: Mapping[str, Any] | None = None
    fault: str = ""
    inserted: Inserted | None = None


@dataclass(slots=True)
class Drafts:
    """The messages of a run: the k-th keeps its number, and with it its id, whatever becomes of the others."""

    run: Run
    all: list[Draft] = field(default_factory=list[Draft])

    @classmethod
    def of(cls, run: Run, texts: Sequence[bytes]) -> Drafts:
        """Read a run's messages, and complete them."""
        drafts = cls(run, [Draft(number) for number in range(len(texts))])
        for draft, text in zip(drafts.all, texts, strict=True):
            drafts._read(draft, text)
        return drafts

    def inbound(self) -> dict[str, Inbound]:
        """Give what the insert function is to run on, by name."""
        return {
            f"{self.run.run_id}-{draft.number}": Inbound(body_of(draft.message), self.run.context)
            for draft in self.all
            if draft.message is not None
        }

    def take(self, name: str, inserted: Inserted) -> bool:
        """Take what the insert function made of a message; tell whether that was the last one."""
        draft = self.all[int(name.rpartition("-")[2])]
        draft.inserted = inserted
        if inserted.has_passed and draft.message is not None:
            self._read(draft, inserted.result.returned, message_id=draft.message["messageId"])
        return all(each.inserted or each.fault for each in self.all)

    def inserted(self) -> list[Inserted]:
        """Give the runs of the insert function, in the order of the messages."""
        return [draft.inserted for draft in self.all if draft.inserted]

    def passed(self) -> Iterator[tuple[Mapping[str, Any], Inserted | None]]:
        """Give the messages that go on, and the runs of the insert function on them."""
        for draft in self.all:
            if draft.message is not None and not draft.fault and (draft.inserted is None or draft.inserted.has_passed):
                yield draft.message, draft.inserted

    def kept_back(self) -> Iterator[tuple[Mapping[str, Any], Inserted]]:
        """Give the messages that the insert function did not pass on."""
        for draft in self.all:
            if draft.message is not None and draft.inserted is not None and not draft.inserted.has_passed:
                yield draft.message, draft.inserted

    def faults(self) -> Iterator[str]:
        """Tell why some are no messages."""
        return (draft.fault for draft in self.all if draft.fault)

    def _read(self, draft: Draft, text: bytes, *, message_id: str = "") -> None:
        try:
            draft.message = complete_message(text, self.run.event, draft.number, message_id=message_id)
        except (ValueError, RecursionError) as error:
            draft.fault = str(error)


def decide_source_insert(
    policy: RetryPolicy, result: result_pb2.InvocationResult, *, attempt: int, elapsed_s: float
) -> Decision:
    """Decide about a message that a source's insert function did not pass on: only RetryError is worth another try."""
    if result.error.kind == result_pb2.ERROR_KIND_TIMEOUT:
        return Decision(outcome_pb2.STATUS_DISCARDED, "TIMEOUT")
    return decide_insert(policy, result, attempt=attempt, elapsed_s=elapsed_s)


def outcome_of_message(
    run: Run, message: Mapping[str, Any], decision: Decision, inserted: Inserted
) -> outcome_pb2.Outcome:
    """Tell of a message of a run that the insert function kept back; the run's own outcome tells what that used."""
    outcome = outcome_of_run(run)
    outcome.message_id = message_id_of(message)
    outcome.event_type, outcome.event_name = type_of(message), event_name(message)
    describe_run(outcome, decision, inserted.result)
    outcome.evidence.inbound.CopyFrom(_alone(run.event, message))
    return outcome


def _alone(event: inbound_pb2.InboundEvent, message: Mapping[str, Any]) -> inbound_pb2.InboundEvent:
    """Give one message of a run as an event: a replay goes on with it, and sends none of the others again."""
    return inbound_pb2.InboundEvent(
        event_id=event.event_id,
        workspace_id=event.workspace_id,
        source_id=event.source_id,
        received_at=event.received_at,
        message=body_of(message),
        replay=event.replay,
    )
