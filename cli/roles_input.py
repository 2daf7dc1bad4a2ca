"""Roles and times of expiry as people write them: `--role source-admin --resource src_… --expires 30d`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from cli.quantities import parse_span
from penstock.access.v1 import access_pb2

_PREFIX = "ROLE_"


class Role(StrEnum):
    """Roles by the names that people use."""

    OWNER = "owner"
    FUNCTIONS_ADMIN = "functions-admin"
    FUNCTIONS_READ_ONLY = "functions-read-only"
    SOURCE_ADMIN = "source-admin"
    OPERATOR = "operator"


Roles = Annotated[list[Role], typer.Option("--role", help="A role; repeat it for more, they add up.")]
Resources = Annotated[
    list[str],
    typer.Option(
        "--resource",
        help="Only for this function, source or destination, by id; repeat it for more. Without it: for all.",
        metavar="ID",
    ),
]


def grants_of(roles: Sequence[Role], resources: Sequence[str]) -> list[access_pb2.Grant]:
    """Make grants: each role for the same resources."""
    return [access_pb2.Grant(role=_number(role), resource_ids=resources) for role in roles]


def shown_grants(grants: Sequence[access_pb2.Grant]) -> str:
    """Write grants for people, one in a line."""
    return "\n".join(_shown(grant) for grant in grants) or "nothing"


def parse_expiry(text: str, *, now: datetime) -> Timestamp | None:
    """Read a span from `now` on, or a moment in ISO 8601, in UTC unless it says otherwise; None for an empty text."""
    if not text:
        return None
    try:
        moment = now + parse_span(text) if text[-1:].isalpha() and "-" not in text else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no time: write how long from now, 30d or 12h, or 2027-01-31", param_hint="--expires"
        ) from None
    made = Timestamp()
    made.FromDatetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return made


def _number(role: Role) -> access_pb2.Role.ValueType:
    return access_pb2.Role.Value(_PREFIX + role.replace("-", "_").upper())


def _shown(grant: access_pb2.Grant) -> str:
    known = grant.role in access_pb2.Role.values()
    name = access_pb2.Role.Name(grant.role).removeprefix(_PREFIX).replace("_", "-").lower() if known else "unknown"
    return f"{name} for {', '.join(grant.resource_ids)}" if grant.resource_ids else name
