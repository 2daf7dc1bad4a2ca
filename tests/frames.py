"""Reads what is written to NATS."""

from __future__ import annotations

from collections.abc import Iterator


def messages(frames: bytes) -> Iterator[tuple[str, bytes]]:
    """Take protocol text apart: the subject of each message, and all of it."""
    while frames:
        line = frames.partition(b"\r\n")[0]
        words = line.split()
        end = len(line) + int(words[-1]) + 4
        yield words[1].decode(), frames[:end]
        frames = frames[end:]
