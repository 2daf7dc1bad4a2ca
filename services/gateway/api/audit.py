"""The audit trail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from penstock.registry.v1 import audit_pb2
from services.gateway.api.call import Call
from services.gateway.api.models import Output, PagedInput, Pagination, time_text
from services.gateway.api.operation import Group
from services.gateway.api.times import Time, timestamp
from services.gateway.api.users import emails_of

AUDIT = Group("Audit Trail")


class AuditInput(PagedInput):
    """Which events."""

    start_time: Annotated[Time | None, Field(description="Only from this time on.")] = None
    end_time: Annotated[Time | None, Field(description="Only before this time.")] = None
    resource_id: Annotated[str, Field(max_length=128, description="Only of this resource and what belongs to it.")] = ""
    resource_type: Annotated[
        str, Field(max_length=64, pattern=r"^[A-Za-z_]*$", description="Only of this kind: `FUNCTION`.")
    ] = ""


class AuditEvent(Output):
    """A change that was made."""

    id: str
    timestamp: str
    type: Annotated[str, Field(description="What was done: `Destination Disabled`.")]
    actor: Annotated[str, Field(description="Member, token or service that did it.")]
    actor_email: str = ""
    resource_id: str
    resource_type: Annotated[str, Field(description="`FUNCTION`, `SOURCE`, …")]
    resource_name: str


class AuditAnswer(Output):
    """A page of events."""

    events: list[AuditEvent]
    pagination: Pagination


@AUDIT.on("GET", "/audit-events")
async def list_audit_events(call: Call, sent: AuditInput) -> AuditAnswer:
    """List changes that were made, the latest first. They are kept for 90 days."""
    request = audit_pb2.ListAuditEntriesRequest(
        page_size=sent.pagination.count,
        page_token=sent.pagination.token,
        resource_id=sent.resource_id,
        action=f"{sent.resource_type.lower()}." if sent.resource_type else "",
        start_time=timestamp(sent.start_time),
        end_time=timestamp(sent.end_time),
    )
    page = await call.ask(call.services.audit.ListAuditEntries, request)
    emails = await emails_of(call) if any(each.member_id for each in page.entries) else {}
    return AuditAnswer(
        events=[_event(each, emails.get(each.member_id, "")) for each in page.entries],
        pagination=Pagination.after(sent.pagination, page.next_page_token),
    )


def _event(entry: audit_pb2.AuditEntry, email: str) -> AuditEvent:
    kind, _, done = entry.action.partition(".")
    made = AuditEvent.model_construct(
        id=entry.audit_id,
        timestamp=time_text(entry.time),
        type=f"{kind} {done}".replace("_", " ").title(),
        actor=entry.member_id or entry.token_id or entry.service,
        resource_id=entry.resource_id,
        resource_type=kind.upper(),
        resource_name=entry.resource_name,
    )
    if email:
        made.actor_email = email
    return made
