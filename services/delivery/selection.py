"""Which deliveries: a filter, and the SQL that it means. Whatever lists, replays or purges goes through here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, literal_column
from sqlmodel import col

from services.delivery.tables import Delivery, Replayed


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries of a workspace; empty fields let everything through, the others are ANDed."""

    statuses: Collection[int] = ()
    source_id: str = ""
    destination_id: str = ""
    event_id: str = ""
    reason: str = ""
    event_type: str = ""
    # Unix microseconds: the latest try ended at `start_us` or later, before `end_us`.
    start_us: int | None = None
    end_us: int | None = None
    replayed: bool | None = None
    # None for all.
    delivery_ids: Collection[str] | None = None


def conditions(workspace_id: str, wanted: Filter) -> list[ColumnElement[bool]]:
    """Give what must hold of rows of `deliveries`: always the workspace."""
    named: list[tuple[Any, str]] = [
        (Delivery.source_id, wanted.source_id),
        (Delivery.destination_id, wanted.destination_id),
        (Delivery.event_id, wanted.event_id),
        (Delivery.reason, wanted.reason),
        (Delivery.event_type, wanted.event_type),
    ]
    found = [col(Delivery.workspace_id) == workspace_id]
    found += [col(column) == value for column, value in named if value]
    found += _of_status(wanted.statuses)
    if wanted.start_us is not None:
        found.append(col(Delivery.updated_us) >= wanted.start_us)
    if wanted.end_us is not None:
        found.append(col(Delivery.updated_us) < wanted.end_us)
    if wanted.replayed is not None:
        found.append(was_replayed() if wanted.replayed else ~was_replayed())
    if wanted.delivery_ids is not None:
        found.append(col(Delivery.delivery_id).in_(wanted.delivery_ids))
    return found


def was_replayed(*, upto: int | None = None) -> ColumnElement[bool]:
    """Tell of a row of `deliveries` whether a replay has claimed it, under a number up to `upto`."""
    claimed = exists().where(col(Replayed.delivery_id) == Delivery.delivery_id)
    return claimed if upto is None else claimed.where(col(Replayed.number) <= upto)


def _of_status(statuses: Collection[int]) -> list[ColumnElement[bool]]:
    # Literals, since indexes on a part of the rows are not used for parameters.
    literals: list[ColumnElement[int]] = [literal_column(str(int(status))) for status in statuses]
    if len(literals) == 1:
        return [col(Delivery.status) == literals[0]]
    return [col(Delivery.status).in_(literals)] if literals else []
