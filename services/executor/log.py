"""The log of one run: kept up to its bound, behind which a line tells how much was left out."""

from __future__ import annotations

from dataclasses import replace

from services.executor.results import LogLine


class Log:
    """Lines of at most `max_bytes` together, as UTF-8."""

    def __init__(self, max_bytes: int) -> None:
        self._lines: list[LogLine] = []
        self._room = max_bytes
        self._left_lines = 0
        self._left_bytes = 0
        self._last_ms = 0.0

    def add(self, line: LogLine, more: int = 0) -> None:
        """Take a line, as much of it as there is room for; `more` characters of it were left out before."""
        self._last_ms = line.time_ms
        text = line.text.encode(errors="replace")
        if self._room <= 0:
            self._leave_out(text, more)
        elif len(text) <= self._room:
            self._room -= max(len(text), 1)  # empty lines are lines too
            self._lines.append(line)
        else:
            self._lines.append(replace(line, text=text[: self._room].decode(errors="ignore")))
            self._leave_out(text[self._room :], more)
            self._room = 0

    def lines(self) -> list[LogLine]:
        """Give what is kept."""
        if not self._left_lines:
            return self._lines
        lines = "1 line" if self._left_lines == 1 else f"{self._left_lines:,} lines"
        mark = f"The log is cut here: {lines} with {self._left_bytes:,} bytes more are left out."
        return [*self._lines, LogLine(self._last_ms, "warn", mark)]

    def _leave_out(self, text: bytes, more: int) -> None:
        self._left_lines += 1
        self._left_bytes += len(text) + more
