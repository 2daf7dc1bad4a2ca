"""What the resources of audit entries belong to, and what they are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.registry.store.tables import (
    ConnectionRow,
    DestinationRow,
    FilterRow,
    FunctionRow,
    InsertRow,
    InstanceRow,
    MemberRow,
    SourceRow,
    TokenRow,
    VersionRow,
)


async def owners_of(session: AsyncSession, rows: Sequence[Any]) -> list[str]:
    """Give the source, destination, function or member that each row belongs to; empty for none."""
    # Those that are about to go are no longer in the database.
    users = {each.instance_id: _user(each) for each in rows if isinstance(each, SourceRow | DestinationRow | InsertRow)}
    missing = {each.id for each in rows if isinstance(each, InstanceRow)} - users.keys()
    users |= await _users_of(session, missing)
    return [users.get(each.id, "") if isinstance(each, InstanceRow) else _owner(each) for each in rows]


async def names_of(session: AsyncSession, rows: Sequence[Any]) -> list[str]:
    """Give the name of each row; empty for what has none. Instances and versions have their function's."""
    names = {each.id: each.name for each in rows if isinstance(each, FunctionRow)}
    missing = {each.function_id for each in rows if isinstance(each, InstanceRow | VersionRow)} - names.keys()
    for function_id in missing:
        function = await session.get(FunctionRow, function_id)
        names[function_id] = function.name if function else ""
    return [_name(each, names) for each in rows]


def _owner(row: Any) -> str:
    match row:
        case VersionRow():
            return row.function_id
        case FilterRow():
            return row.destination_id
        case ConnectionRow():
            return row.source_id
        case TokenRow():
            return row.source_id or row.member_id or ""
        case InsertRow():
            return _user(row)
        case _:
            return ""


def _user(row: SourceRow | DestinationRow | InsertRow) -> str:
    """Give the source or destination that an instance runs for."""
    return (row.destination_id or row.source_id or "") if isinstance(row, InsertRow) else row.id


async def _users_of(session: AsyncSession, instance_ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not instance_ids:
        return found
    for table in (SourceRow, DestinationRow, InsertRow):
        for row in await session.scalars(select(table).where(col(table.instance_id).in_(instance_ids))):
            found[row.instance_id or ""] = _user(row)
    return found


def _name(row: Any, functions: dict[str, str]) -> str:
    match row:
        case InstanceRow():
            return functions[row.function_id]
        case VersionRow():
            return f"{functions[row.function_id]}, version {row.number}"
        case FilterRow():
            return row.title
        case MemberRow():
            return row.name or row.email
        case ConnectionRow():
            return ""
        case _:
            return row.name
