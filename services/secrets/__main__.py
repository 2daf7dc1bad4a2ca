"""`python -m services.secrets`."""

from services.secrets.app import build
from services.secrets.settings import SecretsSettings
from shared.process import run_service

if __name__ == "__main__":
    run_service("secrets", SecretsSettings, build)
