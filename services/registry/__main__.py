"""`python -m services.registry`."""

from services.registry.app import build
from services.registry.settings import RegistrySettings
from shared.process import run_service

if __name__ == "__main__":
    run_service("registry", RegistrySettings, build)
