"""No rpc answers across workspaces: every method of the contract is called with another workspace's ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy import text

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import audit_pb2 as audit
from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import filter_pb2 as fil
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import insert_function_instance_pb2 as ins
from penstock.registry.v1 import member_pb2 as mem
from penstock.registry.v1 import source_pb2 as src
from penstock.registry.v1 import token_pb2 as tok
from penstock.registry.v1 import workspace_pb2 as ws
from services.registry.paging import encode_token
from services.registry.server import SERVICES
from shared.errors import FailedPrecondition, InvalidArgument, NotFound
from tests.integration.registry.installation import DESTINATION_CODE, DROP, SOURCE_CODE, Installation, Person
from tests.integration.registry.people import READ_ONLY, Office, grant

KEY = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True)
BEYOND = (access_pb2.ROLE_UNSPECIFIED, access_pb2.ROLE_OPERATOR)
PACKAGE = "penstock.registry.v1."
METHODS = sorted(
    method.full_name
    for name in SERVICES
    for method in Default().FindServiceByName(name).methods
    # A method without a role is called by services alone, one of operators by them alone: for all workspaces.
    if method.GetOptions().Extensions[access_pb2.access].role not in BEYOND
)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a workspace has, with the request id of each creation."""

    workspace_id: str
    function: fn.Function
    intake: fn.Function
    source: src.Source
    destination: dst.Destination
    insert: ins.InsertFunctionInstance
    filter: fil.Filter
    member: mem.Member
    token: tok.Token

    def ids(self) -> set[bytes]:
        """Everything that another workspace must never see."""
        texts = [
            self.function.function_id,
            self.function.latest_version_id,
            self.intake.function_id,
            self.intake.latest_version_id,
            self.source.source_id,
            self.source.instance_id,
            self.destination.destination_id,
            self.destination.instance_id,
            self.source.write_keys[0].token_id,
            self.insert.instance_id,
            self.insert.function_id,
            self.filter.filter_id,
            self.member.member_id,
            self.token.token_id,
        ]
        return {text.encode() for text in texts}


async def _furnish(person: Person) -> Belongings:
    function = fn.Function(
        display_name="Gate", kind=config_pb2.FUNCTION_KIND_DESTINATION, code=DESTINATION_CODE, settings=[KEY]
    )
    request = fn.CreateFunctionRequest(function=function, request_id="r1")
    gate = (await person.call(person.functions.CreateFunction, request)).function
    intake = await person.create_function("Intake", kind=config_pb2.FUNCTION_KIND_SOURCE, code=SOURCE_CODE)
    source = src.CreateSourceRequest(source=src.Source(name="Spring", function_id="Intake"), request_id="r1")
    spring = (await person.call(person.sources.CreateSource, source)).source
    destination = dst.Destination(name="Turbine", function_id="Gate", settings=b'{"key": "hush"}')
    creation = dst.CreateDestinationRequest(destination=destination, request_id="r1")
    turbine = (await person.call(person.destinations.CreateDestination, creation)).destination
    await person.connect("Spring", "Turbine")
    await person.create_function("Sieve", kind=config_pb2.FUNCTION_KIND_INSERT_DESTINATION, settings=[KEY])
    await person.create_function("Strainer", kind=config_pb2.FUNCTION_KIND_INSERT_SOURCE)
    instance = ins.InsertFunctionInstance(function_id="Sieve", integration_id="Turbine", settings=b'{"key": "hush"}')
    insertion = ins.CreateInsertFunctionInstanceRequest(insert_function_instance=instance, request_id="r1")
    insert = await person.call(person.inserts.CreateInsertFunctionInstance, insertion)
    gone = await person.add_filter("Turbine")
    ada = await Office(person).add("ada@example.org", grant(READ_ONLY, gate.function_id))
    hers = (await Office(person).issue("Hers", member_id=ada.member_id)).token
    return Belongings(
        person.workspace_id, gate, intake, spring, turbine, insert.insert_function_instance, gone, ada, hers
    )


# A request that reaches for what somebody else has; the caller has things of the same names.
CASES: dict[str, Callable[[Belongings], Message]] = {
    "MemberService.CreateMember": lambda has: mem.CreateMemberRequest(
        member=mem.Member(
            email="new@example.org",
            grants=[access_pb2.Grant(role=access_pb2.ROLE_SOURCE_ADMIN, resource_ids=[has.source.source_id])],
        )
    ),
    "MemberService.GetMember": lambda has: mem.GetMemberRequest(member_id=has.member.member_id),
    "MemberService.ListMembers": lambda _: mem.ListMembersRequest(page_token=encode_token("mem_0", query="members")),
    "MemberService.UpdateMember": lambda has: mem.UpdateMemberRequest(
        member=mem.Member(member_id=has.member.member_id, name="Mine"), update_mask=FieldMask(paths=["name"])
    ),
    "MemberService.DeleteMember": lambda has: mem.DeleteMemberRequest(member_id=has.member.member_id),
    "TokenService.CreateToken": lambda has: tok.CreateTokenRequest(
        token=tok.Token(name="Mine", member_id=has.member.member_id)
    ),
    "TokenService.GetToken": lambda has: tok.GetTokenRequest(token_id=has.token.token_id),
    "TokenService.ListTokens": lambda has: tok.ListTokensRequest(member_id=has.member.member_id),
    "TokenService.DeleteToken": lambda has: tok.DeleteTokenRequest(token_id=has.token.token_id),
    "AuditService.ListAuditEntries": lambda has: audit.ListAuditEntriesRequest(
        resource_id=has.destination.destination_id
    ),
    "WorkspaceService.GetWorkspace": lambda _: ws.GetWorkspaceRequest(),
    "WorkspaceService.UpdateWorkspace": lambda has: ws.UpdateWorkspaceRequest(
        config=config_pb2.WorkspaceConfig(workspace_id=has.workspace_id, concurrency=1),
        update_mask=FieldMask(paths=["concurrency"]),
    ),
    "FunctionService.CreateFunction": lambda has: fn.CreateFunctionRequest(
        function=fn.Function(
            function_id=has.function.function_id,
            display_name="New",
            kind=config_pb2.FUNCTION_KIND_DESTINATION,
            code=DESTINATION_CODE,
        ),
        request_id="r2",
    ),
    "FunctionService.GetFunction": lambda has: fn.GetFunctionRequest(function_id=has.function.function_id),
    "FunctionService.ListFunctions": lambda _: fn.ListFunctionsRequest(
        page_token=encode_token("fn_0", query="functions/0")
    ),
    "FunctionService.UpdateFunction": lambda has: fn.UpdateFunctionRequest(
        function=fn.Function(function_id=has.function.function_id, code="function onBatch() {}"),
        update_mask=FieldMask(paths=["code"]),
    ),
    "FunctionService.DeleteFunction": lambda has: fn.DeleteFunctionRequest(function_id=has.function.function_id),
    "FunctionService.ListFunctionVersions": lambda has: fn.ListFunctionVersionsRequest(
        function_id=has.function.function_id
    ),
    "FunctionService.GetFunctionVersion": lambda has: fn.GetFunctionVersionRequest(
        function_id="Gate", version_id=has.function.latest_version_id
    ),
    "FunctionService.RestoreFunctionVersion": lambda has: fn.RestoreFunctionVersionRequest(
        function_id="Gate", version_id=has.function.latest_version_id
    ),
    "FunctionService.DeployFunction": lambda has: fn.DeployFunctionRequest(
        function_id="Gate", version_id=has.function.latest_version_id
    ),
    "SourceService.CreateSource": lambda has: src.CreateSourceRequest(
        source=src.Source(name="New", function_id=has.intake.function_id)
    ),
    "SourceService.GetSource": lambda has: src.GetSourceRequest(source_id=has.source.source_id),
    "SourceService.ListSources": lambda _: src.ListSourcesRequest(page_token=encode_token("src_0", query="sources")),
    "SourceService.UpdateSource": lambda has: src.UpdateSourceRequest(
        source=src.Source(source_id=has.source.source_id), update_mask=FieldMask(paths=["enabled"])
    ),
    "SourceService.CreateWriteKey": lambda has: src.CreateWriteKeyRequest(source_id=has.source.source_id),
    "SourceService.DeleteWriteKey": lambda has: src.DeleteWriteKeyRequest(
        source_id="Spring", token=has.source.write_keys[0].token_id
    ),
    "SourceService.DeleteSource": lambda has: src.DeleteSourceRequest(source_id=has.source.source_id),
    "DestinationService.CreateDestination": lambda has: dst.CreateDestinationRequest(
        destination=dst.Destination(name="New", function_id=has.function.function_id)
    ),
    "DestinationService.GetDestination": lambda has: dst.GetDestinationRequest(
        destination_id=has.destination.destination_id
    ),
    "DestinationService.ListDestinations": lambda _: dst.ListDestinationsRequest(
        page_token=encode_token("dst_0", query="destinations")
    ),
    "DestinationService.UpdateDestination": lambda has: dst.UpdateDestinationRequest(
        destination=dst.Destination(destination_id=has.destination.destination_id, settings=b'{"key": "mine"}'),
        update_mask=FieldMask(paths=["settings"]),
    ),
    "DestinationService.DeleteDestination": lambda has: dst.DeleteDestinationRequest(
        destination_id=has.destination.destination_id
    ),
    "DestinationService.ConnectSource": lambda has: dst.ConnectSourceRequest(
        source_id="Spring", destination_id=has.destination.destination_id
    ),
    "DestinationService.DisconnectSource": lambda has: dst.DisconnectSourceRequest(
        source_id=has.source.source_id, destination_id="Turbine"
    ),
    "InsertFunctionInstanceService.CreateInsertFunctionInstance": lambda has: ins.CreateInsertFunctionInstanceRequest(
        insert_function_instance=ins.InsertFunctionInstance(function_id="Strainer", integration_id=has.source.source_id)
    ),
    "InsertFunctionInstanceService.GetInsertFunctionInstance": lambda has: ins.GetInsertFunctionInstanceRequest(
        instance_id=has.insert.instance_id
    ),
    "InsertFunctionInstanceService.ListInsertFunctionInstances": lambda has: ins.ListInsertFunctionInstancesRequest(
        function_id=has.insert.function_id
    ),
    "InsertFunctionInstanceService.UpdateInsertFunctionInstance": lambda has: ins.UpdateInsertFunctionInstanceRequest(
        insert_function_instance=ins.InsertFunctionInstance(
            instance_id=has.insert.instance_id, settings=b'{"key": "mine"}'
        ),
        update_mask=FieldMask(paths=["settings"]),
    ),
    "InsertFunctionInstanceService.DeleteInsertFunctionInstance": lambda has: ins.DeleteInsertFunctionInstanceRequest(
        instance_id=has.insert.instance_id
    ),
    "FilterService.CreateFilter": lambda has: fil.CreateFilterRequest(
        filter=fil.Filter(
            destination_id="Turbine", source_id=has.source.source_id, title="x", condition="all", actions=[DROP]
        )
    ),
    "FilterService.GetFilter": lambda has: fil.GetFilterRequest(
        destination_id="Turbine", filter_id=has.filter.filter_id
    ),
    "FilterService.ListFilters": lambda has: fil.ListFiltersRequest(destination_id=has.destination.destination_id),
    "FilterService.UpdateFilter": lambda has: fil.UpdateFilterRequest(
        filter=fil.Filter(destination_id="Turbine", filter_id=has.filter.filter_id, title="mine"),
        update_mask=FieldMask(paths=["title"]),
    ),
    "FilterService.DeleteFilter": lambda has: fil.DeleteFilterRequest(
        destination_id="Turbine", filter_id=has.filter.filter_id
    ),
    "FilterService.PreviewFilter": lambda _: fil.PreviewFilterRequest(
        filter=fil.Filter(condition="all", actions=[DROP]), message=b"{}"
    ),
}
# Methods that answer, since they name nothing of another workspace that counts.
ANSWERING = {
    "AuditService.ListAuditEntries",
    "MemberService.ListMembers",
    "WorkspaceService.GetWorkspace",
    "WorkspaceService.UpdateWorkspace",
    "FunctionService.CreateFunction",
    "FunctionService.ListFunctions",
    "SourceService.ListSources",
    "DestinationService.ListDestinations",
    "FilterService.PreviewFilter",
}


async def _attempt(person: Person, name: str, request: Message) -> bytes | None:
    """Call a method of the contract; give the answer's bytes, or None for what the workspace does not have."""
    descriptor = Default().FindMethodByName(PACKAGE + name)
    path = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
    answer = GetMessageClass(descriptor.output_type)
    stub = person.channel.unary_unary(path, lambda message: message.SerializeToString(), answer.FromString)
    try:
        return (await person.call(stub, request)).SerializeToString()
    except (NotFound, InvalidArgument):
        return None
    except FailedPrecondition:  # the function is found, and in use
        return b""


def _removals_last(name: str) -> tuple[int, str]:
    order = ["DeleteToken", "DeleteMember", "DeleteWriteKey", "DeleteFilter", "DeleteInsert", "Disconnect"]
    order += ["DeleteDestination", "DeleteSource", "DeleteFunction"]
    return next((place for place, part in enumerate(order, start=1) if part in name), 0), name


async def _rows(installation: Installation, workspace_id: str) -> dict[str, list[Any]]:
    tables = ["functions", "versions", "instances", "sources", "destinations", "connections", "tokens", "requests"]
    tables += ["inserts", "filters"]
    async with installation.database.read() as session:
        queries = {table: f"SELECT * FROM {table} WHERE workspace_id = '{workspace_id}'" for table in tables}
        queries["workspaces"] = f"SELECT * FROM workspaces WHERE id = '{workspace_id}'"
        return {table: sorted(map(repr, await session.execute(text(query)))) for table, query in queries.items()}


def test_every_method_has_a_case() -> None:
    assert [method.removeprefix(PACKAGE) for method in METHODS] == sorted(CASES)


@pytest.mark.slow
async def test_another_workspace_is_out_of_reach(installation: Installation) -> None:
    victim, stranger = installation.owner, await installation.person(access_pb2.ROLE_OWNER)
    theirs, own = await _furnish(victim), await _furnish(stranger)
    hidden = {*theirs.ids(), victim.workspace_id.encode()}
    before = await _rows(installation, victim.workspace_id)

    for name, request in CASES.items():
        answer = await _attempt(stranger, name, request(theirs))
        assert (answer is not None) == (name in ANSWERING), name
        assert not [each for each in hidden if each in (answer or b"")], name
        assert await _rows(installation, victim.workspace_id) == before, name

    instance_id = theirs.destination.instance_id
    assert await installation.secrets_of(victim.workspace_id, instance_id) == {"key": b'"hush"'}
    assert await installation.secrets_of(stranger.workspace_id, instance_id) == {}
    assert not theirs.ids() & own.ids()

    # Nothing else was wrong with these requests: their own workspace answers them, removals last.
    for name in sorted(CASES.keys() - ANSWERING, key=_removals_last):
        assert await _attempt(victim, name, CASES[name](theirs)) is not None, name


async def test_instances_of_another_workspace_are_not_deployed_to(installation: Installation) -> None:
    victim, stranger = installation.owner, await installation.person(access_pb2.ROLE_OWNER)
    theirs = await _furnish(victim)
    await _furnish(stranger)
    with pytest.raises(NotFound):
        await stranger.deploy("Gate", instances=[theirs.destination.instance_id])


async def test_published_values_of_two_workspaces_do_not_mix(installation: Installation) -> None:
    victim, stranger = installation.owner, await installation.person(access_pb2.ROLE_OWNER)
    theirs, own = await _furnish(victim), await _furnish(stranger)
    values = await installation.publish()
    for has, workspace_id in ((theirs, victim.workspace_id), (own, stranger.workspace_id)):
        source = values[f"source.{has.source.source_id}"]
        assert source.workspace_id == source.function.workspace_id == workspace_id
        assert list(source.destination_ids) == [has.destination.destination_id]
