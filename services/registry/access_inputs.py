"""What people send of members, tokens and their roles, checked before anything else looks at it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from penstock.access.v1 import access_pb2
from penstock.registry.v1 import member_pb2, token_pb2
from services.registry.inputs import Name
from services.registry.validation import validated
from shared.rpc.roles import is_resource_id

MAX_GRANTS = 20
MAX_RESOURCES = 100
MAX_EMAIL = 254
# Roles that reach further than any list of resources.
_WHOLE = frozenset({access_pb2.ROLE_OWNER, access_pb2.ROLE_OPERATOR})
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"


def normal_email(email: str) -> str:
    """Give the form in which an email address is kept and compared, whatever its case and way of writing accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).lower())


def _check_email(email: str) -> str:
    email = normal_email(email)
    place, _, domain = email.rpartition("@")
    if not place or not domain or "@" in place or " " in email or not email.isprintable():
        raise ValueError("is not an email address")
    if len(email) > MAX_EMAIL:
        raise ValueError(f"is longer than {MAX_EMAIL} characters")
    return email


Email = Annotated[str, AfterValidator(_check_email)]


class GrantInput(BaseModel):
    """A role, for all resources or for listed ones."""

    model_config = ConfigDict(frozen=True)

    role: int
    resource_ids: Annotated[list[str], Field(max_length=MAX_RESOURCES)] = []

    @field_validator("role")
    @classmethod
    def check_role(cls, role: int) -> int:
        """Refuse roles that this release does not know."""
        if role == access_pb2.ROLE_UNSPECIFIED or role not in access_pb2.Role.values():
            raise ValueError("is not a role")
        return role

    @field_validator("resource_ids")
    @classmethod
    def check_ids(cls, ids: list[str]) -> list[str]:
        """Refuse names: whoever took a name later would take the role's resource with it."""
        wrong = [each for each in ids if not is_resource_id(each)]
        if wrong:
            raise ValueError(f"{wrong[0][:32]!r} is no id of a function, source or destination")
        return list(dict.fromkeys(ids))

    @model_validator(mode="after")
    def check_whole(self) -> GrantInput:
        """Refuse lists where they would mean nothing."""
        if self.resource_ids and self.role in _WHOLE:
            raise ValueError(f"{_role_name(self.role)} is for all resources; leave resource_ids out")
        return self


class MemberInput(BaseModel):
    """Fields of a member that were sent; an update sends some of them."""

    model_config = ConfigDict(frozen=True)

    email: Email = ""
    name: Annotated[str, StringConstraints(max_length=120, pattern=_ONE_LINE)] = ""
    grants: Annotated[list[GrantInput], Field(max_length=MAX_GRANTS)] = []


class TokenInput(BaseModel):
    """A token to make: with grants of its own, or a member's."""

    model_config = ConfigDict(frozen=True)

    name: Name
    grants: Annotated[list[GrantInput], Field(max_length=MAX_GRANTS)] = []
    member_id: str = ""
    expires_at: datetime | None = None

    @field_validator("expires_at")
    @classmethod
    def check_future(cls, moment: datetime | None) -> datetime | None:
        """Refuse tokens that would never open anything."""
        if moment is not None and moment <= datetime.now(UTC):
            raise ValueError("is not in the future")
        return moment

    @model_validator(mode="after")
    def check_one(self) -> TokenInput:
        """Refuse a member's token with roles of its own, and one that would open nothing."""
        if bool(self.grants) == bool(self.member_id):
            raise ValueError("needs either grants or member_id: a member's token follows the member's roles")
        return self


class WorkspaceInput(BaseModel):
    """A workspace to make."""

    name: Name


def member_input(member: member_pb2.Member, fields: Collection[str]) -> MemberInput:
    """Check these fields of a member. Raises InvalidArgument."""
    sent = {field: getattr(member, field) for field in fields if field != "grants"}
    if "grants" in fields:
        sent["grants"] = _grants(member.grants)
    return validated(MemberInput, sent, root="member")


def token_input(token: token_pb2.Token) -> TokenInput:
    """Check a token to make. Raises InvalidArgument."""
    sent: dict[str, Any] = {"name": token.name, "grants": _grants(token.grants), "member_id": token.member_id}
    if token.HasField("expires_at"):
        sent["expires_at"] = _moment(token)
    return validated(TokenInput, sent, root="token")


def _grants(grants: Sequence[access_pb2.Grant]) -> list[dict[str, Any]]:
    return [{"role": each.role, "resource_ids": list(each.resource_ids)} for each in grants]


def _moment(token: token_pb2.Token) -> object:
    try:
        return token.expires_at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return "out of range"


def _role_name(role: int) -> str:
    return access_pb2.Role.Name(role)  # pyright: ignore[reportArgumentType] a checked number
