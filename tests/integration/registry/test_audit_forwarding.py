"""The audit trail as events of a source, over a real log: each entry once, whatever fails."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.event.v1 import inbound_pb2
from services.registry.audit_forwarder import AuditForwarder
from services.registry.store.outbox import Outbox
from shared.bus import Ack, Bus, Publication, StreamLimits, declare_streams
from shared.errors import InvalidArgument, PenstockError
from tests.integration.registry.installation import Installation, Person
from tests.nats import NatsServer, nats_server

__all__ = ["nats_server"]


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    async with Bus.open(nats_server.url, name="test") as bus:
        await declare_streams(bus, StreamLimits(inbox_per_source=3))
        yield bus


async def forward_into(person: Person, name: str = "Trail") -> str:
    """Have the workspace's entries sent into a source."""
    source_id = (await person.create_source(name)).source.source_id
    await person.update_workspace(config_pb2.WorkspaceConfig(audit_source_id=source_id), "audit_source_id")
    return source_id


async def inbox(bus: Bus) -> list[inbound_pb2.InboundEvent]:
    state = (await bus.jetstream.stream_info("INBOX")).state
    messages = [await bus.jetstream.get_msg("INBOX", number) for number in range(1, state.last_seq + 1)]
    return [inbound_pb2.InboundEvent.FromString(message.data or b"") for message in messages]


def message(event: inbound_pb2.InboundEvent) -> dict[str, Any]:
    return json.loads(event.message)


async def test_each_entry_becomes_one_event_of_the_source(installation: Installation, owner: Person, bus: Bus) -> None:
    source_id = await forward_into(owner)
    owner.actor.member_id = "mem_1"
    await owner.create_function()
    forwarder = AuditForwarder(installation.database)
    for _ in range(2):
        await forwarder.drain(bus.publish_all)
    events = await inbox(bus)
    entries = {each.audit_id: each for each in (await owner.audited()).entries}
    titles = ["Destination Function Created", "Function Version Created", "Workspace Modified"]
    assert sorted(message(event)["event"] for event in events) == titles
    for event in events:
        sent = message(event)
        entry = entries[sent["messageId"]]
        assert (event.source_id, event.workspace_id) == (source_id, owner.workspace_id)
        assert (sent["type"], sent["userId"]) == ("track", entry.member_id or entry.token_id)
        assert sent["properties"]["resource_id"] == entry.resource_id
        assert sent["properties"]["after"] == json.loads(entry.after)
        assert event.received_at == entry.time
    assert not await Outbox(installation.database).audit_events(after=0, limit=10)


async def test_what_was_published_before_a_crash_comes_once(
    installation: Installation, owner: Person, bus: Bus
) -> None:
    await forward_into(owner)

    async def crash_after(publications: Sequence[Publication]) -> Sequence[Ack | PenstockError]:
        await bus.publish_all(publications)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await AuditForwarder(installation.database).drain(crash_after)
    assert len(await Outbox(installation.database).audit_events(after=0, limit=10)) == 1
    await AuditForwarder(installation.database).drain(bus.publish_all)
    assert len(await inbox(bus)) == 1
    assert not await Outbox(installation.database).audit_events(after=0, limit=10)


async def test_a_full_source_holds_up_neither_others_nor_config(
    installation: Installation, owner: Person, bus: Bus
) -> None:
    await forward_into(owner)
    for number in range(4):
        await owner.create_source(f"Spring {number}")
    stranger = await installation.person(access_pb2.ROLE_OWNER)
    theirs = await forward_into(stranger)
    await AuditForwarder(installation.database).drain(bus.publish_all)
    events = await inbox(bus)
    assert [event.source_id for event in events].count(theirs) == 1
    assert len(events) == 3 + 1
    waiting = await Outbox(installation.database).audit_events(after=0, limit=20)
    assert waiting
    await installation.publish()
    await bus.jetstream.purge_stream("INBOX")
    await AuditForwarder(installation.database).drain(bus.publish_all)
    assert len(await Outbox(installation.database).audit_events(after=0, limit=20)) == len(waiting) - 3


async def test_entries_for_a_deleted_source_are_let_go(installation: Installation, owner: Person, bus: Bus) -> None:
    await forward_into(owner)
    await owner.create_source()
    await owner.delete_source("Trail")
    await AuditForwarder(installation.database).drain(bus.publish_all)
    assert not await inbox(bus)
    await owner.create_source("Brook")
    assert not await Outbox(installation.database).audit_events(after=0, limit=10)


async def test_the_source_must_be_the_workspaces_own(installation: Installation, owner: Person) -> None:
    stranger = await installation.person(access_pb2.ROLE_OWNER)
    foreign = (await stranger.create_source()).source.source_id
    for source_id in (foreign, "src_nowhere"):
        with pytest.raises(InvalidArgument) as refused:
            await owner.update_workspace(config_pb2.WorkspaceConfig(audit_source_id=source_id), "audit_source_id")
        assert refused.value.violations[0].field == "config.audit_source_id"
