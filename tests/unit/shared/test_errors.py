from __future__ import annotations

from google.rpc import error_details_pb2
from hypothesis import given
from hypothesis import strategies as st

from penstock.executor.v1 import executor_service_pb2
from penstock.registry.v1 import function_pb2
from shared.errors import FieldViolation, InvalidArgument, PenstockError

TEXT = st.text(max_size=40)


@given(
    message=TEXT, reason=TEXT.filter(bool), metadata=st.dictionaries(TEXT, TEXT), fields=st.lists(st.tuples(TEXT, TEXT))
)
def test_an_error_survives_the_wire(
    message: str, reason: str, metadata: dict[str, str], fields: list[tuple[str, str]]
) -> None:
    sent = InvalidArgument(
        message,
        reason=reason,
        metadata=metadata,
        violations=[FieldViolation(*each) for each in fields],
        retry_delay_s=1.5,
    )
    received = InvalidArgument.of_status(message, sent.to_status())
    assert (received.reason, received.metadata, received.violations) == (reason, metadata, sent.violations)
    assert received.retry_delay_s == 1.5


def test_details_of_our_own_survive_the_wire() -> None:
    detail = function_pb2.InvalidCode(error=executor_service_pb2.CodeError(name="SyntaxError", line=3, column=7))
    received = InvalidArgument.of_status("bad code", InvalidArgument("bad code", details=[detail]).to_status())
    assert received.detail(function_pb2.InvalidCode) == detail
    assert received.detail(error_details_pb2.Help) is None


def test_a_status_without_details_is_still_an_error() -> None:
    assert PenstockError.of_status("gone", None).reason == "UNKNOWN"
