"""`python -m services.delivery`."""

from __future__ import annotations

from services.delivery.app import build
from services.delivery.settings import DeliverySettings
from shared.process import run_service

if __name__ == "__main__":
    run_service("delivery", DeliverySettings, build)
