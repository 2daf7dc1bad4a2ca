"""What a workspace used is counted once, whatever happens on the way to the log, and held to its allowance."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from penstock.config.v1 import config_pb2
from services.executor.usage import LONGEST_DELAY_S, UsageMeter, allowance_s, month_end_s
from shared.bus import Ack, Publication
from shared.bus.subjects import compute_us, events
from shared.errors import PenstockError, ResourceExhausted, Unavailable

OCTOBER = datetime(2026, 10, 20, 12, tzinfo=UTC).timestamp()
DECEMBER = datetime(2026, 12, 31, 23, 59, 50, tzinfo=UTC).timestamp()
SECOND = 1_000_000


class Log:
    """Counters as the log keeps them; each publication meets the next fate, the last of which stays.

    A fate tells whether it is stored, and whether its answer arrives.
    """

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.fates: list[tuple[bool, bool]] = [(True, True)]
        self._seen: set[str] = set()

    async def publish(self, publications: Sequence[Publication]) -> list[Ack | PenstockError]:
        return [self._publish(each) for each in publications]

    def _publish(self, publication: Publication) -> Ack | PenstockError:
        stored, answered = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        ack = self._store(publication) if stored else None
        return ack if ack and answered else Unavailable("no answer")

    def _store(self, publication: Publication) -> Ack:
        if publication.message_id in self._seen:
            return Ack(sequence=1, duplicate=True)
        self._seen.add(publication.message_id)
        self.totals[publication.subject] += int(publication.headers["Nats-Incr"])
        return Ack(sequence=1, duplicate=False, total=self.totals[publication.subject])


class Clock:
    def __init__(self, now_s: float = OCTOBER) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def meter(log: Log, *, limit_s: float | None = None, clock: Clock | None = None) -> UsageMeter:
    return UsageMeter(publish=log.publish, limit_s=lambda _: limit_s, clock=clock or Clock())


async def test_a_spent_allowance_refuses_until_it_is_raised() -> None:
    limits: dict[str, float | None] = {"ws_1": 2.0}
    log = Log()
    usage = UsageMeter(publish=log.publish, limit_s=limits.get, clock=Clock())
    usage.spend("ws_1", 1.999)
    usage.spend("ws_2", 1000)
    await usage.check("ws_1")
    usage.spend("ws_1", 0.001)
    with pytest.raises(ResourceExhausted) as refused:
        await usage.check("ws_1")
    assert refused.value.reason == "ALLOWANCE_USED"
    assert refused.value.metadata == {"workspace": "ws_1", "month": "2026-10"}
    assert refused.value.retry_delay_s == LONGEST_DELAY_S
    await usage.check("ws_2")
    limits["ws_1"] = 2.1
    await usage.check("ws_1")


async def test_what_others_used_counts_at_the_first_event_and_after_each_flush() -> None:
    log = Log()
    here, there = meter(log, limit_s=10), meter(log, limit_s=10)
    there.spend("ws_1", 6)
    await there.flush()
    here.spend("ws_1", 3.5)
    await here.check("ws_1")
    there.spend("ws_1", 0.5)
    await there.flush()
    with pytest.raises(ResourceExhausted):
        await there.check("ws_1")
    here.spend("ws_1", 0.000001)
    await here.flush()
    with pytest.raises(ResourceExhausted):
        await here.check("ws_1")


async def test_a_first_event_does_not_wait_for_a_log_that_is_silent() -> None:
    async def never(_: Sequence[Publication]) -> list[Ack | PenstockError]:
        await asyncio.Event().wait()
        return []

    usage = UsageMeter(publish=never, limit_s=lambda _: 1.0, clock=Clock())
    await usage.check("ws_1")
    usage.spend("ws_1", 1)
    with pytest.raises(ResourceExhausted):
        await usage.check("ws_1")


async def test_a_new_month_begins_with_nothing_used_and_leaves_the_old_ones_count() -> None:
    log, clock = Log(), Clock(DECEMBER)
    usage = meter(log, limit_s=1, clock=clock)
    usage.spend("ws_1", 1)
    usage.count_events("ws_1", 1)
    with pytest.raises(ResourceExhausted) as refused:
        await usage.check("ws_1")
    assert refused.value.retry_delay_s == pytest.approx(10)
    clock.now_s += 10
    usage.spend("ws_1", 0.25)
    usage.count_events("ws_1", 1)
    await usage.check("ws_1")
    assert await usage.flush()
    assert log.totals == {
        compute_us("ws_1", "2026-12"): SECOND,
        events("ws_1", "2026-12"): 1,
        compute_us("ws_1", "2027-01"): SECOND // 4,
        events("ws_1", "2027-01"): 1,
    }


async def test_a_repeat_tells_no_total_so_it_is_asked_for() -> None:
    log = Log()
    here, there = meter(log, limit_s=10), meter(log, limit_s=10)
    here.spend("ws_1", 1)
    log.fates = [(True, False), (True, False), (True, True)]
    assert not await here.flush()
    there.spend("ws_1", 9)
    await there.flush()
    assert await here.flush()
    await here.flush()
    with pytest.raises(ResourceExhausted):
        await here.check("ws_1")


async def test_the_end_adds_what_is_left_and_waits_for_the_log() -> None:
    log = Log()
    log.fates = [(False, False)] * 4 + [(True, True)]
    async with meter(log).running() as usage:
        usage.spend("ws_1", 3)
    assert log.totals[compute_us("ws_1", "2026-10")] == 3 * SECOND


async def test_runs_of_no_workspace_are_free() -> None:
    log = Log()
    usage = meter(log, limit_s=0)
    usage.spend("", 1)
    usage.count_events("", 1)
    await usage.check("")
    assert await usage.flush()
    assert not log.totals


@pytest.mark.parametrize(
    ("installation_s", "own_s", "expected"),
    [(0, None, None), (5, None, 5), (0, 3, 3), (5, 3, 3), (5, 9, 5), (5, 0, 0), (0, 0, 0)],
)
def test_a_workspace_narrows_the_installations_allowance(
    installation_s: float, own_s: int | None, expected: float | None
) -> None:
    workspace = config_pb2.WorkspaceConfig(workspace_id="ws_1")
    if own_s is not None:
        workspace.monthly_compute.FromSeconds(own_s)
    assert allowance_s(installation_s, workspace) == expected
    if own_s is None:
        assert allowance_s(installation_s, None) == expected


def test_months_end_where_the_next_begins() -> None:
    assert month_end_s(DECEMBER) == DECEMBER + 10
    assert month_end_s(DECEMBER + 10) == datetime(2027, 2, 1, tzinfo=UTC).timestamp()


class UsageMachine(RuleBasedStateMachine):
    """Spends, flushes and failures of two executors in any order, over a change of the month."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.clock = Clock()
        self.meters = [meter(self.log, clock=self.clock) for _ in range(2)]
        self.spent: Counter[str] = Counter()
        self.loop = asyncio.new_event_loop()

    @rule(who=st.integers(0, 1), workspace=st.sampled_from("ab"), amount_us=st.integers(0, 10**7))
    def spend(self, who: int, workspace: str, amount_us: int) -> None:
        self.meters[who].spend(workspace, amount_us / SECOND)
        self.meters[who].count_events(workspace, 1)
        month = datetime.fromtimestamp(self.clock.now_s, UTC).strftime("%Y-%m")
        self.spent[compute_us(workspace, month)] += amount_us
        self.spent[events(workspace, month)] += 1

    @rule(who=st.integers(0, 1), fates=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6))
    def flush(self, who: int, fates: list[tuple[bool, bool]]) -> None:
        self.log.fates = fates
        self.loop.run_until_complete(self.meters[who].flush())

    @rule()
    def begin_month(self) -> None:
        self.clock.now_s = month_end_s(self.clock.now_s)

    @invariant()
    def nothing_is_counted_twice(self) -> None:
        assert all(total <= self.spent[subject] for subject, total in self.log.totals.items())

    @invariant()
    def a_meter_knows_of_nothing_that_was_not_spent(self) -> None:
        for each in self.meters:
            for account in each._accounts.values():
                assert account.events.total <= self.spent[account.events._subject]

    def teardown(self) -> None:
        self.log.fates = [(True, True)]
        for each in self.meters:
            # What was in doubt goes first, then what was counted meanwhile.
            self.loop.run_until_complete(each.flush())
            assert self.loop.run_until_complete(each.flush())
        self.loop.close()
        assert +self.log.totals == +self.spent


TestUsage = UsageMachine.TestCase
TestUsage.settings = settings(max_examples=100, deadline=None)
