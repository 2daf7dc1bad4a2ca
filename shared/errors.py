"""Errors that cross between services: raised in a servicer, sent as gRPC status, raised again at the caller.

PenstockError
├── InvalidArgument      the request is wrong, and will be as wrong next time
├── Unauthenticated      who calls is unknown
├── PermissionDenied     who calls may not
├── NotFound
├── AlreadyExists
├── FailedPrecondition   right request, wrong state: change the state first
├── Aborted              somebody else changed it meanwhile: read again
├── ResourceExhausted    too much for now; carries when to come back
├── Unavailable          not reachable for now; carries when to come back
├── DeadlineExceeded
├── DataLoss             what was stored cannot be read any more
└── Internal             a defect; the caller learns nothing but that
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar, cast

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

T = TypeVar("T", bound=Message)

# The `domain` of every ErrorInfo.
DOMAIN = "penstock"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """What is wrong with one field of a request; `field` is its path, `settings.apiKey`."""

    field: str
    description: str


class PenstockError(Exception):
    """An error with a stable reason.

    `reason` is in capitals and never changes its meaning; `metadata` repeats what varies in the message, for programs.
    `retry_delay_s` tells after how many seconds another try is worth it. `details` are further messages for the status.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    default_reason: ClassVar[str] = "UNKNOWN"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_delay_s: float | None = None,
        details: Sequence[Message] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_delay_s = retry_delay_s
        self.details = tuple(details)

    def detail(self, kind: type[T]) -> T | None:
        """Give the first detail of this kind, also of an error that came over the wire."""
        for detail in self.details:
            if isinstance(detail, kind):
                return detail
            if isinstance(detail, any_pb2.Any) and detail.TypeName() == kind.DESCRIPTOR.full_name:
                unpacked = kind()
                detail.Unpack(unpacked)
                return unpacked
        return None

    def to_status(self) -> status_pb2.Status:
        """Make the `google.rpc.Status` that says all of this."""
        info = error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=self.metadata)
        details: list[Message] = [info]
        if self.violations:
            details.append(_bad_request(self.violations))
        if self.retry_delay_s is not None:
            delay = duration_pb2.Duration()
            delay.FromMilliseconds(int(self.retry_delay_s * 1000))
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
        status.details.extend(_pack(detail) for detail in [*details, *self.details])
        return status

    @classmethod
    def of_status(cls, message: str, status: status_pb2.Status | None) -> Self:
        """Make the error back from what `to_status` made."""
        if status is None:
            return cls(message)
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        others = [detail for detail in status.details if not any(detail.Unpack(known) for known in (info, bad, retry))]
        has_retry = retry.HasField("retry_delay")
        return cls(
            message,
            reason=info.reason,
            metadata=info.metadata,
            violations=[FieldViolation(v.field, v.description) for v in bad.field_violations],
            retry_delay_s=retry.retry_delay.ToMilliseconds() / 1000 if has_retry else None,
            details=others,
        )


class InvalidArgument(PenstockError):
    code = grpc.StatusCode.INVALID_ARGUMENT
    default_reason = "INVALID_ARGUMENT"


class Unauthenticated(PenstockError):
    code = grpc.StatusCode.UNAUTHENTICATED
    default_reason = "UNAUTHENTICATED"


class PermissionDenied(PenstockError):
    code = grpc.StatusCode.PERMISSION_DENIED
    default_reason = "PERMISSION_DENIED"


class NotFound(PenstockError):
    code = grpc.StatusCode.NOT_FOUND
    default_reason = "NOT_FOUND"


class AlreadyExists(PenstockError):
    code = grpc.StatusCode.ALREADY_EXISTS
    default_reason = "ALREADY_EXISTS"


class FailedPrecondition(PenstockError):
    code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "FAILED_PRECONDITION"


class Aborted(PenstockError):
    code = grpc.StatusCode.ABORTED
    default_reason = "ABORTED"


class ResourceExhausted(PenstockError):
    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = "RESOURCE_EXHAUSTED"


class Unavailable(PenstockError):
    code = grpc.StatusCode.UNAVAILABLE
    default_reason = "UNAVAILABLE"


class DeadlineExceeded(PenstockError):
    code = grpc.StatusCode.DEADLINE_EXCEEDED
    default_reason = "DEADLINE_EXCEEDED"


class DataLoss(PenstockError):
    code = grpc.StatusCode.DATA_LOSS
    default_reason = "DATA_LOSS"


class Internal(PenstockError):
    code = grpc.StatusCode.INTERNAL
    default_reason = "INTERNAL"


_BY_CODE: dict[grpc.StatusCode, type[PenstockError]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        Aborted,
        ResourceExhausted,
        Unavailable,
        DeadlineExceeded,
        DataLoss,
        Internal,
    )
}


def from_rpc_error(error: grpc.aio.AioRpcError) -> PenstockError:
    """Make the error that the other side raised; of a status from elsewhere, the error of its code."""
    message = error.details() or error.code().name
    status: status_pb2.Status | None = cast("Any", rpc_status).from_call(error)
    return _BY_CODE.get(error.code(), PenstockError).of_status(message, status)


def _bad_request(violations: Sequence[FieldViolation]) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.description) for v in violations
        ]
    )


def _pack(detail: Message) -> any_pb2.Any:
    if isinstance(detail, any_pb2.Any):
        return detail
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
