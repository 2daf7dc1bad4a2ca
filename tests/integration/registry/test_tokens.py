"""API tokens over the real server: made once, stored as a hash, expiring, revoked, and no way to more than one has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
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


async def test_a_token_is_shown_once_and_kept_as_a_hash(
    installation: Installation, office: Office, owner: Person
) -> None:
    gate = await owner.create_function()
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    grants = [grant(READ_ONLY), grant(FUNCTIONS_ADMIN, gate.function_id)]
    made = await office.issue("CI \u2013 B\u00fccher", *grants, expires_at=expires, request_id="1")
    assert made.secret.startswith("ptk_")
    assert (made.token.name, list(made.token.grants)) == ("CI \u2013 B\u00fccher", grants)
    assert made.token.created_by == owner.actor.token_id
    assert made.token.expires_at.ToDatetime(UTC) == expires
    assert await office.token(made.token.token_id) == made.token
    with pytest.raises(AlreadyExists) as repeated:
        await office.issue("CI \u2013 B\u00fccher", *grants, expires_at=expires, request_id="1")
    assert repeated.value.metadata == {"token_id": made.token.token_id}

    config = (await installation.publish())[f"token.{digest(made.secret)}"]
    assert config.expires_at.ToDatetime(UTC) == expires
    assert (list(config.roles.roles), list(config.roles.grants)) == ([READ_ONLY], grants[1:])
    assert made.secret.encode() not in config.SerializeToString()
    async with installation.database.read() as session:
        rows = [str(row) for row in await session.execute(text("SELECT * FROM tokens"))]
        rows += [str(row) for row in await session.execute(text("SELECT * FROM audit_entries"))]
        rows += [str(row) for row in await session.execute(text("SELECT * FROM requests"))]
    assert any(digest(made.secret) in row for row in rows)
    assert not any(made.secret in row for row in rows)

    page = await office.tokens(page_size=1)
    assert [each.name for each in page.tokens] == ["First owner"]
    page = await office.tokens(page_size=1, page_token=page.next_page_token)
    assert (list(page.tokens), page.next_page_token) == ([made.token], "")
    await office.revoke(made.token.token_id)
    assert f"token.{digest(made.secret)}" not in await installation.publish()
    with pytest.raises(NotFound):
        await office.revoke(made.token.token_id)
    actions = [each.action for each in (await owner.audited(made.token.token_id)).entries]
    assert actions == ["token.deleted", "token.created"]


async def test_what_is_wrong_is_named(office: Office, owner: Person) -> None:
    spring = await owner.create_source()
    ada = await office.add("ada@example.org", grant(READ_ONLY))
    for wrong in (
        office.issue("", grant(READ_ONLY)),
        office.issue("a\0", grant(READ_ONLY)),
        office.issue("n" * 121, grant(READ_ONLY)),
        office.issue("Neither"),
        office.issue("Both", grant(READ_ONLY), member_id=ada.member_id),
        office.issue("Late", grant(READ_ONLY), expires_at=datetime.now(UTC) - timedelta(seconds=1)),
        office.issue("Name", grant(SOURCE_ADMIN, "Spring")),
        office.issue("Unknown", grant(SOURCE_ADMIN, f"src_{0:026}")),
    ):
        with pytest.raises(InvalidArgument):
            await wrong
    for missing in ("mem_0", "bo@example.org", "\0"):
        with pytest.raises(NotFound):
            await office.issue("Missing", member_id=missing)
        with pytest.raises(NotFound):
            await office.tokens(member_id=missing)
        with pytest.raises(NotFound):
            await office.token(missing)
    # The token of a source is no API token.
    (key,) = await _tokens_of_sources(owner, spring.source.source_id)
    for attempt in (office.token(key), office.revoke(key)):
        with pytest.raises(NotFound):
            await attempt
    assert key not in [each.token_id for each in (await office.tokens()).tokens]


async def test_nobody_gets_more_than_they_have(installation: Installation, office: Office, owner: Person) -> None:
    gate = await owner.create_function()
    ada = await office.add(
        "ada@example.org",
        grant(FUNCTIONS_ADMIN),
        grant(
            SOURCE_ADMIN,
        ),
    )
    hers = Office(await holder_of(installation, (await office.issue("Hers", member_id=ada.member_id)).secret))
    narrow = await office.issue("Narrow", grant(READ_ONLY, gate.function_id))
    theirs = Office(await holder_of(installation, narrow.secret))
    for somebody in (hers, theirs):
        for attempt in (
            somebody.issue("More", grant(OWNER)),
            somebody.issue("As much", grant(READ_ONLY)),
            somebody.issue("Member's", member_id=ada.member_id),
            somebody.change(ada.member_id, grants=[grant(OWNER)]),
            somebody.add("bo@example.org", grant(OWNER)),
            somebody.tokens(),
            somebody.revoke(narrow.token.token_id),
            somebody.found("Mine"),
            somebody.workspaces(),
            somebody.person.audited(),
        ):
            with pytest.raises(PermissionDenied) as refused:
                await attempt
            assert refused.value.reason == "ROLE_MISSING"
            assert refused.value.metadata["role"] in ("ROLE_OWNER", "ROLE_OPERATOR")


async def test_only_an_operator_makes_operators(installation: Installation, office: Office, owner: Person) -> None:
    operator = await installation.person(OWNER, OPERATOR, workspace_id=owner.workspace_id)
    console = Office(operator)
    for attempt in (
        office.issue("Operator", grant(OWNER), grant(OPERATOR)),
        office.add("ada@example.org", grant(OPERATOR)),
        office.found("Second"),
    ):
        with pytest.raises(PermissionDenied) as refused:
            await attempt
        assert refused.value.metadata["role"] == "ROLE_OPERATOR"
    ada = await console.add("ada@example.org", grant(OWNER), grant(OPERATOR))
    # An owner makes tokens for members, but none that opens more than the owner's own.
    with pytest.raises(PermissionDenied):
        await office.issue("Borrowed", member_id=ada.member_id)
    # Whoever has it keeps it through changes of others.
    await office.change(ada.member_id, grants=[grant(READ_ONLY), grant(OPERATOR)])
    await office.change(ada.member_id, grants=[grant(OWNER)])
    with pytest.raises(PermissionDenied):
        await office.change(ada.member_id, grants=[grant(OWNER), grant(OPERATOR)])
    assert (await console.issue("Operator", grant(OPERATOR))).secret


async def test_somebody_always_operates_the_installation(installation: Installation, owner: Person) -> None:
    console = Office(await installation.person(OWNER, OPERATOR, workspace_id=owner.workspace_id))
    ada = await console.add("ada@example.org", grant(OPERATOR))
    hers = await console.issue("Hers", member_id=ada.member_id)
    for attempt in (
        console.revoke(hers.token.token_id),
        console.remove(ada.member_id),
        console.change(ada.member_id, grants=[grant(OWNER)]),
    ):
        with pytest.raises(FailedPrecondition) as refused:
            await attempt
        assert refused.value.reason == "LAST_OPERATOR"
    # Another workspace's operator will do.
    await installation.person(OWNER, OPERATOR)
    await console.remove(ada.member_id)


async def test_an_operator_makes_and_lists_workspaces(installation: Installation, owner: Person) -> None:
    console = Office(await installation.person(OPERATOR, workspace_id=owner.workspace_id))
    made = await console.found("Second")
    with pytest.raises(AlreadyExists):
        await console.found("Second")
    for name in ("", "a\0b", " a", "n" * 121):
        with pytest.raises(InvalidArgument):
            await console.found(name)
    assert [each.name for each in (await console.workspaces()).workspaces] == ["first", "Second"]
    page = await console.workspaces(page_size=1)
    page = await console.workspaces(page_size=1, page_token=page.next_page_token)
    assert [each.name for each in page.workspaces] == ["Second"]

    theirs = await holder_of(installation, made.token)
    assert list(theirs.actor.roles) == [OWNER]
    assert (await theirs.workspace()).name == "Second"
    assert [each.name for each in (await Office(theirs).tokens()).tokens] == ["First owner"]
    with pytest.raises(FailedPrecondition):
        await Office(theirs).revoke(theirs.actor.token_id)
    for attempt in (Office(theirs).workspaces(), console.tokens(), console.person.create_function()):
        with pytest.raises(PermissionDenied):
            await attempt
    entries = (await owner.audited(made.workspace.workspace_id)).entries
    assert [each.action for each in entries] == ["workspace.created"]
    assert not (await theirs.audited()).entries


async def _tokens_of_sources(owner: Person, source_id: str) -> list[str]:
    entries = (await owner.audited()).entries
    return [each.resource_id for each in entries if each.action == "token.created" and source_id.encode() in each.after]
