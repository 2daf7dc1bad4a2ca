"""The first start: a workspace, and a token for its owner, who also operates the installation."""

from __future__ import annotations

import os
import re
from pathlib import Path

from penstock.access.v1 import access_pb2
from services.registry.store.workspaces import WorkspaceStore
from services.registry.tokens import new_token
from shared.database import Database
from shared.rpc.identity import digest

WORKSPACE_NAME = "default"
# Who starts an installation also makes its workspaces.
_FIRST_ROLES = (access_pb2.ROLE_OWNER, access_pb2.ROLE_OPERATOR)
_TOKEN_PATTERN = re.compile(r"ptk_[0-9A-Za-z]{32,128}")


async def bootstrap(database: Database, *, owner_token_file: Path) -> None:
    """Make the workspace `default` when there is none, opened by the token in `owner_token_file`.

    The file is made (0600) if it is missing, and before the workspace, so that a crash in between loses no token. An
    operator can bring the file instead. Raises `ValueError` when it holds no token of the form `ptk_…`.
    """
    workspaces = WorkspaceStore(database)
    async with database.exclusive("bootstrap"):
        if await workspaces.exist():
            return
        token = _token(owner_token_file)
        await workspaces.create(WORKSPACE_NAME, token_digest=digest(token), roles=_FIRST_ROLES)


def _token(path: Path) -> str:
    return _read(path) if path.exists() else _make(path)


def _read(path: Path) -> str:
    token = path.read_text().strip()
    if not _TOKEN_PATTERN.fullmatch(token):
        raise ValueError(f"{path} holds no token; remove it, and the next start makes one")
    return token


def _make(path: Path) -> str:
    token = new_token("ptk")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token + "\n")
        file.flush()
        os.fsync(file.fileno())
    return token
