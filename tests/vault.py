"""The transit engine of Vault, as far as a client of one key sees it, with real AES-GCM and key versions.

No package brings Vault's own server. Paths, bodies, statuses and texts of errors are Vault's.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class _VaultError(Exception):
    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(*errors)
        self.status = status
        self.errors = errors


@dataclass(slots=True)
class Vault:
    """A server with the key `transit/keys/penstock`; `sealed` and `token` may be changed while it runs."""

    port: int = 0
    token: str = "hvs.test"
    sealed: bool = False
    calls: list[str] = field(default_factory=list[str])
    versions: list[AESGCM] = field(default_factory=lambda: [AESGCM(AESGCM.generate_key(256))])

    @property
    def uri(self) -> str:
        """The key's URI."""
        return f"hcvault+http://127.0.0.1:{self.port}/transit/keys/penstock"

    def rotate(self) -> None:
        """Give the key another version, as `vault write -f transit/keys/penstock/rotate`."""
        self.versions.append(AESGCM(AESGCM.generate_key(256)))

    def answer(self, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what a request asks for."""
        self.calls.append(path)
        if self.sealed:
            raise _VaultError(503, "Vault is sealed")
        if token != self.token:
            raise _VaultError(403, "permission denied")
        match path.removeprefix("/v1/transit/").split("/"):
            case ["encrypt", "penstock"]:
                return {"ciphertext": self._encrypt(base64.b64decode(body["plaintext"]))}
            case ["decrypt", "penstock"]:
                return {"plaintext": base64.b64encode(self._decrypt(body["ciphertext"])).decode()}
            case ["decrypt" | "encrypt", _]:
                raise _VaultError(400, "encryption key not found")
            case _:
                raise _VaultError(404)

    def _encrypt(self, plaintext: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        ciphertext = nonce + self.versions[-1].encrypt(nonce, plaintext, None)
        return f"vault:v{len(self.versions)}:{base64.b64encode(ciphertext).decode()}"

    def _decrypt(self, text: str) -> bytes:
        vault, version, ciphertext = (*text.split(":", 2), "", "")[:3]
        if vault != "vault" or not version.startswith("v"):
            raise _VaultError(400, "invalid ciphertext: no prefix")
        number, raw = int(version[1:]), base64.b64decode(ciphertext)
        if number > len(self.versions):
            raise _VaultError(400, "invalid ciphertext: version is too new")
        try:
            return self.versions[number - 1].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
        except InvalidTag:
            raise _VaultError(400, "cipher: message authentication failed") from None


@contextmanager
def running_vault() -> Generator[Vault]:
    """Run the server while the block runs."""
    vault = Vault()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            try:
                status, answer = 200, {"data": vault.answer(self.path, self.headers["X-Vault-Token"], body)}
            except _VaultError as error:
                status, answer = error.status, {"errors": error.errors}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PUT = _answer  # noqa: N815 the base class's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        vault.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield vault
        server.shutdown()
        thread.join()
