"""`python -m services.executor`."""

from __future__ import annotations

from services.executor.app import build
from services.executor.settings import ExecutorSettings
from shared.process import run_service

if __name__ == "__main__":
    run_service("executor", ExecutorSettings, build)
