"""The decision over a failed try, for all that can happen."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.event.v1 import outcome_pb2
from penstock.executor.v1 import result_pb2
from services.delivery.retry import RetryPolicy, decide, retry_after_s
from services.delivery.settings import DeliverySettings
from tests.executor import Result, returned, threw

RETRIED = (result_pb2.ERROR_KIND_RETRY, result_pb2.ERROR_KIND_TIMEOUT, result_pb2.ERROR_KIND_SANDBOX_FAULT)
FINAL = tuple(kind for kind in result_pb2.ErrorKind.values() if kind not in (*RETRIED, 0))

policies = st.builds(
    RetryPolicy,
    caps_s=st.lists(st.floats(0, 7200), min_size=1, max_size=12).map(tuple),
    attempts=st.integers(1, 20),
    period_s=st.floats(0, 100_000),
    retry_after_cap_s=st.floats(0, 7200),
)
retry_afters = st.one_of(st.just(""), st.integers(0, 10**12).map(str))


@given(
    policies,
    st.sampled_from(RETRIED),
    retry_afters,
    st.integers(1, 40),
    st.floats(0, 200_000),
    st.floats(0, 1),
)
def test_retried_kinds(
    policy: RetryPolicy,
    kind: result_pb2.ErrorKind.ValueType,
    retry_after: str,
    attempt: int,
    elapsed_s: float,
    chance: float,
) -> None:
    result = threw(kind, retry_after=retry_after)
    decision = decide(
        policy, result, attempt=attempt, elapsed_s=elapsed_s, uniform=lambda low, high: low + chance * (high - low)
    )
    exhausted = attempt >= policy.attempts and elapsed_s >= policy.period_s
    assert (decision.status == outcome_pb2.STATUS_EXHAUSTED) == exhausted
    if exhausted:
        assert decision.delay_s is None
    else:
        assert decision.status == outcome_pb2.STATUS_RETRYING
        assert decision.delay_s is not None
        cap_s = policy.caps_s[min(attempt, len(policy.caps_s)) - 1]
        asked_s = min(retry_after_s(result) or 0, policy.retry_after_cap_s)
        assert asked_s <= decision.delay_s <= max(asked_s, cap_s)


@given(policies, st.sampled_from(FINAL), st.integers(1, 40), st.floats(0, 200_000))
def test_other_kinds_are_never_tried_again(
    policy: RetryPolicy, kind: result_pb2.ErrorKind.ValueType, attempt: int, elapsed_s: float
) -> None:
    decision = decide(policy, threw(kind, retry_after="5"), attempt=attempt, elapsed_s=elapsed_s)
    assert decision.delay_s is None
    dropped = kind == result_pb2.ERROR_KIND_DROPPED
    assert decision.status == (outcome_pb2.STATUS_FILTERED if dropped else outcome_pb2.STATUS_DISCARDED)
    assert f"ERROR_KIND_{decision.reason}" == result_pb2.ErrorKind.Name(kind)


def test_success_has_no_reason() -> None:
    policy = DeliverySettings().destination_retry
    decision = decide(policy, returned(), attempt=1, elapsed_s=0)
    assert (decision.status, decision.reason, decision.delay_s) == (outcome_pb2.STATUS_SUCCEEDED, "", None)


def test_defaults_go_on_for_four_hours_and_ten_tries() -> None:
    settings = DeliverySettings()
    failed = threw(result_pb2.ERROR_KIND_RETRY)
    exhausted = outcome_pb2.STATUS_EXHAUSTED
    destination, source = settings.destination_retry, settings.source_retry
    assert decide(destination, failed, attempt=9, elapsed_s=1e6).status != exhausted
    assert decide(destination, failed, attempt=99, elapsed_s=4 * 3600 - 1).status != exhausted
    assert decide(destination, failed, attempt=10, elapsed_s=4 * 3600).status == exhausted
    assert decide(source, failed, attempt=4, elapsed_s=1e6).status != exhausted
    assert decide(source, failed, attempt=5, elapsed_s=0).status == exhausted


def test_a_clock_that_was_ahead_does_not_prolong_the_tries() -> None:
    policy = DeliverySettings().destination_retry
    failed = threw(result_pb2.ERROR_KIND_RETRY)
    assert decide(policy, failed, attempt=9, elapsed_s=-3600).status == outcome_pb2.STATUS_RETRYING
    assert decide(policy, failed, attempt=10, elapsed_s=-3600).status == outcome_pb2.STATUS_EXHAUSTED


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "١٢", "Fri, 99 Foo 2026", "\x00"])
def test_retry_after_that_cannot_be_read_is_none(text: str) -> None:
    assert retry_after_s(threw(result_pb2.ERROR_KIND_RETRY, retry_after=text)) is None


def test_retry_after_as_a_date() -> None:
    due = datetime.now(UTC) + timedelta(seconds=100)
    asked_s = retry_after_s(threw(result_pb2.ERROR_KIND_RETRY, retry_after=email.utils.format_datetime(due)))
    assert asked_s is not None
    assert 90 < asked_s <= 100
    past = email.utils.format_datetime(due - timedelta(days=1))
    assert retry_after_s(threw(result_pb2.ERROR_KIND_RETRY, retry_after=past)) == 0


@given(st.text(max_size=50))
def test_no_retry_after_raises(text: str) -> None:
    asked_s = retry_after_s(threw(result_pb2.ERROR_KIND_RETRY, retry_after=text))
    assert asked_s is None or asked_s >= 0


def test_only_the_last_answer_counts() -> None:
    result: Result = threw(result_pb2.ERROR_KIND_RETRY, retry_after="7")
    result.requests.add(method="GET", status=200)
    assert retry_after_s(result) is None


@pytest.mark.parametrize("attempt", range(1, 12))
def test_delays_spread_over_all_of_their_cap(attempt: int) -> None:
    policy = DeliverySettings().destination_retry
    cap_s = policy.caps_s[min(attempt, len(policy.caps_s)) - 1]
    failed = threw(result_pb2.ERROR_KIND_RETRY)
    delays = [decide(policy, failed, attempt=attempt, elapsed_s=0).delay_s or 0.0 for _ in range(2000)]
    assert 0 <= min(delays) <= max(delays) <= cap_s
    tenths = {int(10 * delay_s / cap_s) for delay_s in delays}
    assert tenths >= set(range(10)), "what failed together does not come back together"
