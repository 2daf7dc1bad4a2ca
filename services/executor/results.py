"""What the run of one event came to, and what it was asked to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FunctionKind(StrEnum):
    """What a function is for."""

    SOURCE = "source"
    DESTINATION = "destination"
    INSERT_DESTINATION = "insert_destination"
    INSERT_SOURCE = "insert_source"

    @property
    def is_insert(self) -> bool:
        return self in (FunctionKind.INSERT_DESTINATION, FunctionKind.INSERT_SOURCE)


class ErrorKind(StrEnum):
    """Kinds of errors, as `ErrorKind` of the contract tells them."""

    BAD_REQUEST = "BAD_REQUEST"
    INVALID_SETTINGS = "INVALID_SETTINGS"
    MESSAGE_REJECTED = "MESSAGE_REJECTED"
    UNSUPPORTED_EVENT_TYPE = "UNSUPPORTED_EVENT_TYPE"
    DROPPED = "DROPPED"
    RETRY = "RETRY"
    TIMEOUT = "TIMEOUT"
    OUT_OF_FUEL = "OUT_OF_FUEL"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    SANDBOX_FAULT = "SANDBOX_FAULT"


# An image with what runs in it needs as much.
LEAST_MEMORY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one event's run may use.

    `fuel` counts over all entries into the guest. `wall_s` runs from the first entry and ends only a suspended
    handler. `output_bytes` bounds what one entry may return, send and log, and all that an event sends,
    `open_requests` the requests and timers that wait at a time. Of the bodies of requests and answers `shown_bytes`
    are kept. A sandbox is not used again above `retire_memory_bytes` or after `retire_events` events.
    """

    fuel: int = 2_300_000_000
    memory_bytes: int = 128 * 1024 * 1024
    wall_s: float = 5.0
    requests: int = 50
    request_s: float = 5.0
    response_bytes: int = 5 * 1024 * 1024
    output_bytes: int = 4 * 1024 * 1024
    open_requests: int = 1000
    log_bytes: int = 4096
    shown_bytes: int = 4096
    retire_memory_bytes: int = 32 * 1024 * 1024
    retire_events: int = 10_000


@dataclass(slots=True)
class Invocation:
    """One event to run.

    `payload` is UTF-8 JSON: a Segment message, an array of them for `onBatch`, or `{method, url, headers, body}` for
    `onRequest`. Without a `handler` the message's type chooses it. `wall_s` is this event's own wall limit.
    """

    payload: bytes
    id: str = ""
    handler: str = ""
    traceparent: str = ""
    wall_s: float | None = None


@dataclass(frozen=True, slots=True)
class FunctionError:
    """What was thrown, or the limit that was hit.

    `file`, `line` and `column` (from 1) are the author's own of the first frame, `source_line` what stands there.
    """

    kind: ErrorKind
    name: str
    message: str
    stack: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    source_line: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the function's console; `level` is debug, info, warn or error."""

    time_ms: float
    level: str
    text: str


@dataclass(slots=True)
class RequestRecord:
    """A request that the function made, with its answer; times are nanoseconds since 1970."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    started_ns: int
    finished_ns: int = 0
    status: int = 0
    response_headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    response_body: bytes = b""
    error_code: str = ""
    span_id: str = ""


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """What an `onBatch` told of one event: a destination's HTTP status and message, or an insert's event as JSON."""

    status: int = 0
    message: str = ""
    event: bytes = b""


@dataclass(slots=True)
class Usage:
    """What a run used; `memory_bytes` is the sandbox's memory, which only grows."""

    wall_s: float
    fuel: int
    memory_bytes: int
    cold: bool
    earlier_events: int


@dataclass(slots=True)
class InvocationResult:
    """Outcome of one event, or of a batch.

    `messages`, `objects` and `batch` are empty with an error; `batch` has an entry per event, or none where the handler
    told nothing of them. Times are nanoseconds since 1970.
    """

    id: str
    returned: bytes
    error: FunctionError | None
    messages: list[bytes]
    objects: list[bytes]
    logs: list[LogLine]
    requests: list[RequestRecord]
    usage: Usage
    started_ns: int
    finished_ns: int
    batch: list[BatchEntry] = field(default_factory=list[BatchEntry])
