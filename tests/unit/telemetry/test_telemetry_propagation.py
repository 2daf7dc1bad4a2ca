from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.telemetry.propagation import current_context, extract, inject, parse_traceparent, span_of

VALID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
contexts = st.builds(
    SpanContext,
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.just(value=True),
    st.sampled_from([0, 1]).map(TraceFlags),
)


@given(contexts)
def test_a_context_comes_back_from_every_carrier(context: SpanContext) -> None:
    headers = inject(context)
    assert extract(headers) == context
    assert extract(list(headers.items())) == context
    assert extract([("x-bin", b"\0"), *headers.items()]) == context
    assert extract({name.title(): value for name, value in headers.items()}) == context


@given(contexts)
def test_opentelemetrys_own_propagator_understands_it(context: SpanContext) -> None:
    read = TraceContextTextMapPropagator().extract(inject(context))
    assert trace.get_current_span(read).get_span_context() == context


@pytest.mark.parametrize("carrier", [None, {}, [], {"traceparent": ""}, [("traceparent", b"bytes")]])
def test_without_context_there_is_none(carrier: dict[str, str] | list[tuple[str, str | bytes]] | None) -> None:
    assert extract(carrier) is None


@pytest.mark.parametrize(
    "text",
    [
        VALID.upper(),
        VALID + "-x",
        VALID[:-1],
        "ff" + VALID[2:],
        "00-" + "0" * 32 + VALID[35:],
        VALID[:36] + "0" * 16 + "-01",
        VALID.replace("-", ""),
        VALID + "\r\nX: y",
    ],
)
def test_nonsense_is_no_context(text: str) -> None:
    assert parse_traceparent(text) is None


def test_newer_versions_are_read_as_far_as_known() -> None:
    assert parse_traceparent("01" + VALID[2:] + "-more") == parse_traceparent(VALID)


@given(st.text(max_size=80))
def test_any_text_parses_or_not(text: str) -> None:
    context = parse_traceparent(text)
    assert context is None or context.is_valid


def test_the_current_context() -> None:
    assert current_context() is None
    context = parse_traceparent(VALID)
    assert context is not None
    with trace.use_span(span_of(context)):
        assert current_context() == context


def test_an_invalid_context_injects_nothing() -> None:
    assert inject(trace.INVALID_SPAN_CONTEXT) == {}
