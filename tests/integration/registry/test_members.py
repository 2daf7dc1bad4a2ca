"""Members over the real server, and what their tokens open."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from penstock.access.v1 import access_pb2
from penstock.config.v1 import config_pb2
from penstock.registry.v1 import function_pb2
from shared.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from shared.rpc.identity import digest
from tests.integration.registry.installation import Installation, Person
from tests.integration.registry.people import (
    FUNCTIONS_ADMIN,
    OPERATOR,
    OWNER,
    READ_ONLY,
    SOURCE_ADMIN,
    Office,
    grant,
    holder_of,
)


@pytest.fixture
def office(owner: Person) -> Office:
    return Office(owner)


async def test_a_member_is_added_found_changed_and_removed(office: Office, owner: Person) -> None:
    gate = await owner.create_function()
    grants = [grant(READ_ONLY), grant(FUNCTIONS_ADMIN, gate.function_id)]
    ada = await office.add("Ada@Example.org", *grants, name="Ada", request_id="1")
    assert (ada.email, ada.name, list(ada.grants)) == ("ada@example.org", "Ada", grants)
    assert await office.add("Ada@Example.org", *grants, name="Ada", request_id="1") == ada
    assert await office.member("ADA@example.ORG") == await office.member(ada.member_id) == ada
    with pytest.raises(AlreadyExists) as taken:
        await office.add("aDa@example.org")
    assert (taken.value.reason, taken.value.metadata) == ("EMAIL_TAKEN", {"id": ada.member_id})

    await office.add("bo@example.org")
    page = await office.members(page_size=1)
    assert [each.email for each in page.members] == ["ada@example.org"]
    page = await office.members(page_size=1, page_token=page.next_page_token)
    assert ([each.email for each in page.members], page.next_page_token) == (["bo@example.org"], "")

    changed = await office.change("ada@example.org", email="ADA@example.com", name="Countess", request_id="2")
    assert (changed.email, changed.name, list(changed.grants)) == ("ada@example.com", "Countess", grants)
    assert changed.etag != ada.etag
    assert await office.change("ada@example.org", email="ADA@example.com", name="Countess", request_id="2") == changed
    with pytest.raises(Aborted):
        await office.change(ada.member_id, "name", name="A", etag=ada.etag)
    with pytest.raises(AlreadyExists):
        await office.change("bo@example.org", email="Ada@example.com")
    with pytest.raises(Aborted):
        await office.remove(ada.member_id, etag=ada.etag)
    await office.remove("ada@EXAMPLE.com", etag=changed.etag)
    with pytest.raises(NotFound):
        await office.member(ada.member_id)
    actions = [each.action for each in (await owner.audited(ada.member_id)).entries]
    assert actions == ["member.deleted", "member.updated", "member.created"]


async def test_email_addresses_are_one_however_they_are_typed(office: Office) -> None:
    made = await office.add(" JOS\u00c9@B\u00dcCHER.example ")
    assert made.email == "jos\u00e9@b\u00fccher.example"
    with pytest.raises(AlreadyExists):
        await office.add("jose\u0301@bu\u0308cher.example")
    assert await office.member("JOSE\u0301@BU\u0308CHER.EXAMPLE") == made
    for reference in ("", "\0", "mem_", "jose@b\u00fccher.example", "%", "'"):
        with pytest.raises(NotFound):
            await office.member(reference)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    *(
        ("member.email", {"email": email}, "email")
        for email in ("", "ada", "@b", "a@", "a@b@c", "a b@c", "a\0@b", "a\u200b@b", "a\n@b")
    ),
    ("member.email", {"email": "a@b" + "c" * 252}, "254"),
    ("member.name", {"name": "a\0"}, "pattern"),
    ("member.name", {"name": "n" * 121}, "120"),
    ("member.grants[0].role", {"grants": [grant(access_pb2.ROLE_UNSPECIFIED)]}, "not a role"),
    ("member.grants[0].role", {"grants": [access_pb2.Grant(role=99)]}, "not a role"),  # type: ignore[arg-type]
    ("member.grants", {"grants": [grant(READ_ONLY)] * 21}, "20"),
    ("member.grants[0].resource_ids", {"grants": [grant(READ_ONLY, *(f"fn_{n:026}" for n in range(101)))]}, "100"),
    ("member.grants[0].resource_ids", {"grants": [grant(READ_ONLY, *(f"fn_{n:026}" for n in range(100)))]}, "no fn_"),
    ("member.grants[1].resource_ids", {"grants": [grant(OWNER), grant(READ_ONLY, "Gate")]}, "no id"),
    ("member.grants[0].resource_ids", {"grants": [grant(READ_ONLY, "")]}, "no id"),
    ("member.grants[0].resource_ids", {"grants": [grant(READ_ONLY, "fn_\0")]}, "no id"),
    ("member.grants[0]", {"grants": [grant(OWNER, f"fn_{0:026}")]}, "for all resources"),
    ("member.grants[0]", {"grants": [grant(OPERATOR, f"fn_{0:026}")]}, "for all resources"),
]


async def test_what_is_wrong_is_named(office: Office) -> None:
    for field, fields, word in WRONG:
        sent: dict[str, Any] = {"email": "a@b.example", "name": "", "grants": []} | fields
        with pytest.raises(InvalidArgument) as caught:
            await office.add(sent["email"], *sent["grants"], name=sent["name"])
        assert caught.value.violations[0].field == field, fields
        assert word in caught.value.violations[0].description, fields
    for path in ("member_id", "created_at", "*"):
        with pytest.raises(InvalidArgument):
            await office.change("a@b.example", path)
    assert not (await office.members()).members


async def test_a_members_tokens_follow_the_members_roles(
    installation: Installation, office: Office, owner: Person
) -> None:
    gate = await owner.create_function()
    other = await owner.create_function("Other")
    ada = await office.add("ada@example.org", grant(READ_ONLY))
    made = await office.issue("Laptop", member_id="Ada@example.org")
    assert made.token.member_id == ada.member_id
    assert list(made.token.grants) == [grant(READ_ONLY)]
    holder = await holder_of(installation, made.secret)
    assert (list(holder.actor.roles), holder.actor.member_id) == ([READ_ONLY], ada.member_id)
    with pytest.raises(PermissionDenied):
        await holder.update_function(gate, "code")

    await office.change(ada.member_id, grants=[grant(FUNCTIONS_ADMIN, gate.function_id)])
    holder = await holder_of(installation, made.secret)
    assert (list(holder.actor.roles), list(holder.actor.grants)) == ([], [grant(FUNCTIONS_ADMIN, gate.function_id)])
    assert list((await office.token(made.token.token_id)).grants) == list(holder.actor.grants)
    await holder.update_function(gate, "description")
    with pytest.raises(PermissionDenied, match="not for"):
        await holder.update_function(other, "description")

    # What is granted may go; its id stays in the grant, and opens nothing.
    await owner.call(owner.functions.DeleteFunction, _deleting(gate.function_id))
    await office.change(ada.member_id, grants=[grant(FUNCTIONS_ADMIN, gate.function_id), grant(SOURCE_ADMIN)])

    await office.remove(ada.member_id)
    assert f"token.{digest(made.secret)}" not in await installation.publish()
    with pytest.raises(NotFound):
        await office.token(made.token.token_id)
    async with installation.database.read() as session:
        assert await session.scalar(text(f"SELECT count(*) FROM tokens WHERE id = '{made.token.token_id}'")) == 0


async def test_somebody_always_owns_the_workspace(installation: Installation, office: Office) -> None:
    ada = await office.add("ada@example.org", grant(OWNER), grant(READ_ONLY))
    hers = await office.issue("Hers", member_id=ada.member_id)
    (first, *_) = (await office.tokens()).tokens
    await office.revoke(first.token_id)
    for attempt in (
        office.revoke(hers.token.token_id),
        office.remove(ada.member_id),
        office.change(ada.member_id, grants=[grant(READ_ONLY)]),
        office.change(ada.member_id, grants=[]),
    ):
        with pytest.raises(FailedPrecondition) as refused:
            await attempt
        assert refused.value.reason == "LAST_OWNER"
    await office.change(ada.member_id, grants=[grant(OWNER)], name="Ada")
    config: config_pb2.TokenConfig = (await installation.publish())[f"token.{digest(hers.secret)}"]
    assert list(config.roles.roles) == [OWNER]
    # A member without a token opens nothing, and so owns nothing that counts.
    bo = await office.add("bo@example.org", grant(OWNER))
    with pytest.raises(FailedPrecondition):
        await office.remove(ada.member_id)
    await office.issue("His", member_id=bo.member_id)
    await office.remove(ada.member_id)


def _deleting(function_id: str) -> Any:
    return function_pb2.DeleteFunctionRequest(function_id=function_id)
