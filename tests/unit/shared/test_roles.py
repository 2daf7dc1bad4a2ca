"""What roles open, and how what they do not open is told."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from penstock.access.v1 import access_pb2
from penstock.registry.v1 import destination_pb2, filter_pb2, function_pb2
from shared.errors import PermissionDenied
from shared.rpc.roles import is_resource_id, reach, require_covered

SOURCE, DESTINATION = f"src_{'1' * 26}", f"dst_{'2' * 26}"
LISTED = access_pb2.Access(role=access_pb2.ROLE_SOURCE_ADMIN, resources=["source_id", "destination_id"])
OWNERS = access_pb2.Access(role=access_pb2.ROLE_OWNER)


def actor(*roles: access_pb2.Role.ValueType, **lists: list[str]) -> access_pb2.Actor:
    grants = [access_pb2.Grant(role=access_pb2.Role.Value(role), resource_ids=ids) for role, ids in lists.items()]
    return access_pb2.Actor(workspace_id="ws_1", roles=roles, grants=grants)


def test_lists_of_a_role_and_of_those_that_include_it_add_up() -> None:
    one = actor(ROLE_SOURCE_ADMIN=[SOURCE], ROLE_OWNER=[DESTINATION], ROLE_FUNCTIONS_ADMIN=["fn_1"])
    assert reach(one, LISTED, "/m") == {SOURCE, DESTINATION}
    assert reach(actor(access_pb2.ROLE_SOURCE_ADMIN, ROLE_SOURCE_ADMIN=[SOURCE]), LISTED, "/m") is None


@pytest.mark.parametrize(
    ("who", "access", "role", "word"),
    [
        (actor(), OWNERS, "ROLE_OWNER", "ROLE_OWNER"),
        (actor(access_pb2.ROLE_OPERATOR), OWNERS, "ROLE_OWNER", "ROLE_OWNER"),
        (actor(access_pb2.ROLE_OWNER), access_pb2.Access(role=access_pb2.ROLE_OPERATOR), "ROLE_OPERATOR", "OPERATOR"),
        (actor(ROLE_OWNER=[SOURCE]), OWNERS, "ROLE_OWNER", "for all resources"),
        (actor(ROLE_OPERATOR=[SOURCE]), access_pb2.Access(role=access_pb2.ROLE_OPERATOR), "ROLE_OPERATOR", "for all"),
        (actor(ROLE_SOURCE_ADMIN=[]), LISTED, "ROLE_SOURCE_ADMIN", "ROLE_SOURCE_ADMIN"),
        (actor(), access_pb2.Access(role=access_pb2.ROLE_SOURCE_ADMIN, any_role=True), "ROLE_SOURCE_ADMIN", "any role"),
    ],
)
def test_the_missing_role_is_named(who: access_pb2.Actor, access: access_pb2.Access, role: str, word: str) -> None:
    with pytest.raises(PermissionDenied, match=word) as refused:
        reach(who, access, "/m")
    assert (refused.value.reason, refused.value.metadata) == ("ROLE_MISSING", {"method": "/m", "role": role})


@pytest.mark.parametrize("access", [access_pb2.Access(), access_pb2.Access(any_role=True, filtered=True)])
def test_a_method_that_wants_no_role_is_for_nobody(access: access_pb2.Access) -> None:
    with pytest.raises(PermissionDenied, match="No person"):
        reach(actor(*access_pb2.Role.values()), access, "/m")


def connecting(source: str = SOURCE, destination: str = DESTINATION) -> Message:
    return destination_pb2.ConnectSourceRequest(source_id=source, destination_id=destination)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (connecting(source=""), "RESOURCE_REQUIRED"),
        (connecting(source="Spring"), "ID_REQUIRED"),
        (connecting(source=SOURCE + "\0"), "ID_REQUIRED"),
        (connecting(source=SOURCE.upper()), "ID_REQUIRED"),
        (connecting(source="src_" + "\u0661" * 26), "ID_REQUIRED"),
        (connecting(source=f"src_{'3' * 26}"), "RESOURCE_NOT_GRANTED"),
    ],
)
def test_what_a_list_does_not_cover_is_told(request_: Message, reason: str) -> None:
    with pytest.raises(PermissionDenied) as refused:
        require_covered(request_, LISTED.resources, frozenset({SOURCE, DESTINATION}))
    assert (refused.value.reason, refused.value.metadata) == (reason, {"field": "source_id"})


def test_every_value_of_every_path_must_be_covered() -> None:
    ids = [f"dst_{number:026}" for number in range(150)]
    covered = frozenset(ids)
    require_covered(connecting(), LISTED.resources, frozenset({SOURCE, DESTINATION}))
    require_covered(function_pb2.DeployFunctionRequest(instance_ids=ids), ["instance_ids"], covered)
    nested = filter_pb2.CreateFilterRequest(filter=filter_pb2.Filter(destination_id=ids[0]))
    require_covered(nested, ["filter.destination_id"], covered)
    for sent in ([], [*ids, SOURCE], [*ids, ""], [*ids, "ins_" + "1" * 26]):
        with pytest.raises(PermissionDenied):
            require_covered(function_pb2.DeployFunctionRequest(instance_ids=sent), ["instance_ids"], covered)
    with pytest.raises(PermissionDenied):
        require_covered(filter_pb2.CreateFilterRequest(), ["filter.destination_id"], covered)


@pytest.mark.parametrize("text", ["", "fn_", "ins_" + "1" * 26, "fn_" + "1" * 27, "fn_" + "1" * 26 + "\n", " fn_1"])
def test_what_is_no_id(text: str) -> None:
    assert not is_resource_id(text)
    assert is_resource_id("fn_" + "a1" * 13)
