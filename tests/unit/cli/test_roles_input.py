from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer

from cli.roles_input import Role, grants_of, parse_expiry, shown_grants
from penstock.access.v1 import access_pb2

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30d", datetime(2026, 12, 21, 12, tzinfo=UTC)),
        ("1h30m", datetime(2026, 11, 21, 13, 30, tzinfo=UTC)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T10:00+02:00", datetime(2027, 1, 31, 8, tzinfo=UTC)),
        ("2027-01-31T10:00Z", datetime(2027, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_when_a_token_expires(text: str, moment: datetime) -> None:
    expiry = parse_expiry(text, now=NOW)
    assert expiry
    assert expiry.ToDatetime(UTC) == moment
    assert parse_expiry("", now=NOW) is None


@pytest.mark.parametrize("text", ["soon", "30", "-1d", "99999999999d", "2027-13-01", "d"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no time"):
        parse_expiry(text, now=NOW)


def test_each_role_is_for_the_same_resources() -> None:
    grants = grants_of([Role.FUNCTIONS_READ_ONLY, Role.SOURCE_ADMIN], ["fn_1", "src_1"])
    assert [grant.role for grant in grants] == [access_pb2.ROLE_FUNCTIONS_READ_ONLY, access_pb2.ROLE_SOURCE_ADMIN]
    assert shown_grants(grants) == "functions-read-only for fn_1, src_1\nsource-admin for fn_1, src_1"
    assert shown_grants(grants_of([Role.OWNER], [])) == "owner"
    assert shown_grants([]) == "nothing"


def test_there_is_a_name_for_each_role() -> None:
    assert {grant.role for grant in grants_of(list(Role), [])} == set(access_pb2.Role.values()) - {0}
