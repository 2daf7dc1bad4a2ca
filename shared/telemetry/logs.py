"""Logs as JSON lines or for a console, with the service and the current trace; other libraries' loggers included."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.telemetry.propagation import current_context, worked_on

LogFormat = Literal["json", "console"]

# What these say at INFO is either said by the service itself or noise on every call.
_QUIET = ("alembic", "nats", "grpc", "grpc._cython.cygrpc", "asyncio", "aiohttp.access", "uvicorn", "opentelemetry")
# A line that tells of a group of events names so many of their traces.
_TRACES_NAMED = 10
_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic")


def configure_logs(
    *, service: str, log_format: LogFormat = "json", level: str = "INFO", stream: TextIO | None = None
) -> None:
    """Set up structlog and the standard library's logging for this process; call once, when it starts.

    Args:
        service: Its `service.name`, in every line.
        log_format: `json` for machines, one object per line; `console` for people.
        level: Of the service's own lines and above; libraries' chatty loggers stay at WARNING.
        stream: Standard error by default.
    """
    out = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared_processors(service)
    structlog.configure(
        processors=[*shared, *_renderers(log_format, out)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(out),
    )
    _route_standard_library(number, shared, log_format, out)


def _shared_processors(service: str) -> list[Processor]:
    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_trace,
    ]


def _renderers(log_format: LogFormat, out: TextIO) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    return [_escape_control_characters, _console_renderer(out)]


def _console_renderer(out: TextIO) -> Processor:
    # The default shows the values of local variables, which may be secrets.
    return structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = current_context()
    contexts = [context] if context is not None else worked_on()
    if len(contexts) == 1:
        event["trace_id"] = f"{contexts[0].trace_id:032x}"
        event["span_id"] = f"{contexts[0].span_id:016x}"
    elif contexts:
        event["trace_ids"] = [f"{each.trace_id:032x}" for each in contexts[:_TRACES_NAMED]]
    return event


def _escape_control_characters(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep tenants' text from speaking to the terminal; JSON escapes by itself."""
    return {name: _escaped(value) for name, value in event.items()}


def _escaped(value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in value)


def _route_standard_library(level: int, shared: Sequence[Processor], log_format: LogFormat, out: TextIO) -> None:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[remove_meta, *_renderers(log_format, out)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
