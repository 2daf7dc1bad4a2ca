"""`penstock functions test`: run a function in the real sandbox, without any server."""

from __future__ import annotations

from cli.commands.function_test.command import app

__all__ = ["app"]
