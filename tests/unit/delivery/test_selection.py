"""What a filter lets through is what its words say, over any rows: nothing of another workspace or destination."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select

from services.delivery.selection import Filter, conditions
from services.delivery.tables import Delivery, Replayed

NAMES = {
    "workspace_id": ("ws_1", "ws_2"),
    "source_id": ("src_1", "src_2"),
    "destination_id": ("", "dst_1", "dst_2"),
    "event_id": ("evt_1", "evt_2"),
    "reason": ("", "RETRY", "TIMEOUT"),
    "event_type": ("", "track"),
}
DELIVERIES, REPLAYED = (cast("Any", table).__table__ for table in (Delivery, Replayed))
# What no filter looks at.
REST = {column.name: 0 if column.type.python_type is int else "" for column in DELIVERIES.columns}

rows = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in NAMES.items()}
    | {"status": st.integers(1, 5), "updated_us": st.integers(0, 4), "replayed": st.booleans()}
)
times = st.one_of(st.none(), st.integers(0, 5))
filters = st.builds(
    Filter,
    statuses=st.lists(st.integers(1, 5), max_size=2, unique=True).map(tuple),
    start_us=times,
    end_us=times,
    replayed=st.sampled_from((None, True, False)),
    delivery_ids=st.one_of(st.none(), st.sets(st.integers(0, 9).map(str))),
    **{name: st.sampled_from(("", *values)) for name, values in NAMES.items() if name != "workspace_id"},
)


def means(wanted: Filter, workspace_id: str, delivery_id: str, row: dict[str, Any]) -> bool:
    """Say what a filter means once more."""
    named = {name: value for name, value in asdict(wanted).items() if name in NAMES and value}
    return (
        row["workspace_id"] == workspace_id
        and (not wanted.statuses or row["status"] in wanted.statuses)
        and (wanted.start_us is None or row["updated_us"] >= wanted.start_us)
        and (wanted.end_us is None or row["updated_us"] < wanted.end_us)
        and wanted.replayed in (None, row["replayed"])
        and (wanted.delivery_ids is None or delivery_id in wanted.delivery_ids)
        and all(row[name] == value for name, value in named.items())
    )


@settings(deadline=None)
@given(st.lists(rows, max_size=10), filters, st.sampled_from(NAMES["workspace_id"]))
def test_a_filter_means_what_it_says(given_rows: list[dict[str, Any]], wanted: Filter, workspace_id: str) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        DELIVERIES.create(connection)
        REPLAYED.create(connection)
        for number, row in enumerate(given_rows):
            values = {name: value for name, value in row.items() if name != "replayed"}
            connection.execute(insert(DELIVERIES).values(**REST | values | {"delivery_id": str(number)}))
            if row["replayed"]:
                claim = {"workspace_id": "", "replay_id": "", "number": number, "replayed_as": "", "published": True}
                connection.execute(
                    insert(REPLAYED).values(delivery_id=str(number), after_sequence=0, claimed_us=0, **claim)
                )
        found = connection.scalars(select(DELIVERIES.c.delivery_id).where(*conditions(workspace_id, wanted)))
        expected = {str(n) for n, row in enumerate(given_rows) if means(wanted, workspace_id, str(n), row)}
        assert set(found) == expected
    engine.dispose()
