"""The account as a table, and the promises that it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.faults.account import Account, Destination
from tests.faults.storm import Report, Struck

RESUME_S = 2.0
_MOST_REPEATS = 0.01
# What workers may hold at a time: the default concurrency of three destinations.
_IN_FLIGHT = 3 * 100
_COLUMNS = ("destination", "owed", "delivered", "dead letters", "missing", "taken twice", "refusals")
_COUNTED = ("succeeded", "exhausted", "filtered", "retrying")
_HEADER = f"| {' | '.join(_COLUMNS)} | counted: {', '.join(_COUNTED)}, duplicates |"


def broken(report: Report) -> list[str]:
    """Name each promise that was broken, with what broke it."""
    return [
        *wrong(report.account),
        *_too_many_repeats(report),
        *(
            f"{each.fault.name} at {each.at_s:.0f} s: {each.resumed_s:.2f} s until events were accepted again"
            for each in report.struck
            if each.fault.is_kill and each.resumed_s > RESUME_S
        ),
    ]


def wrong(account: Account) -> list[str]:
    """Name each disagreement of the senders, the receiver and the counters."""
    return [
        *(f"{name}: {text}" for name, each in account.destinations.items() for text in _wrong(account, name, each)),
        *_some("reached a part of its destinations alone", account.torn),
    ]


def table(report: Report) -> str:
    """Write the account."""
    account = report.account
    told = account.answers
    share = account.repeats / max(1, account.deliveries)
    lines = [
        f"accepted {told['accepted']:,}, refused {told['refused']:,}, without an answer {told['unknown']:,}",
        f"{len(report.struck)} faults in {report.took_s:.0f} s",
        f"taken twice: {account.repeats:,} of {account.deliveries:,} deliveries ({share:.2%})",
        "",
        _HEADER,
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
        *(_row(account, name, each) for name, each in account.destinations.items()),
        "",
        "| fault | times | seconds to accept again: shortest, longest |",
        "| --- | ---: | ---: |",
        *_fault_rows(report.struck),
    ]
    return "\n".join(lines)


def _row(account: Account, name: str, each: Destination) -> str:
    counted = account.counters[name]
    shown = ", ".join(f"{counted[status]:,}" for status in _COUNTED)
    return (
        f"| {name} | {each.owed:,} | {each.delivered:,} | {each.dead:,} | {len(each.missing):,} | {each.repeats:,} "
        f"| {each.refusals:,} | {shown}, {account.duplicates[name]:,} |"
    )


def _fault_rows(struck: Iterable[Struck]) -> Iterator[str]:
    seconds: dict[str, list[float]] = {}
    for each in struck:
        seconds.setdefault(each.fault.name, []).append(each.resumed_s)
    for name, all_s in sorted(seconds.items()):
        yield f"| {name} | {len(all_s)} | {min(all_s):.2f}, {max(all_s):.2f} |"


def _wrong(account: Account, name: str, each: Destination) -> Iterator[str]:
    yield from _some("is neither delivered nor a dead letter", each.missing)
    yield from _some("arrived though it must not", each.unexpected)
    counted = account.counters[name]
    # A delivery that ended twice counts for what it came to first.
    if not each.delivered_in_all - each.both <= counted["succeeded"] <= each.delivered_in_all:
        yield f"{counted['succeeded']} counted as succeeded, {each.delivered_in_all} arrived ({each.both} dead as well)"
    if counted["exhausted"] != each.dead:
        yield f"{counted['exhausted']} counted as exhausted, {each.dead} dead letters"


def _too_many_repeats(report: Report) -> Iterator[str]:
    account = report.account
    if account.repeats > _MOST_REPEATS * account.deliveries:
        yield f"{account.repeats} of {account.deliveries} deliveries were taken twice: over {_MOST_REPEATS:.0%}"
    if account.repeats > _IN_FLIGHT * len(report.struck):
        yield f"{account.repeats} deliveries were taken twice: more than was in flight at {len(report.struck)} faults"


def _some(what: str, numbers: list[int]) -> Iterator[str]:
    if numbers:
        yield f"{len(numbers)} times an event {what}: {numbers[:10]}"
